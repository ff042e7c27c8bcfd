import {
  ASSOCIATIONS_SHAPE,
  noPermissions,
  PERMISSIONS_SHAPE,
  readAssociations,
  readPermissions,
  shownCollections,
  type SentAssociations,
} from "./access.ts";
import { notFound } from "./answers.ts";
import type { Call } from "./call.ts";
import type { Fields } from "./fields.ts";
import { CUSTOM, MEMBER_TYPES, shownEmail, type Association, type Member, type Permissions } from "./model.ts";
import { listOf, type Shape } from "./shape.ts";
import type { World } from "./world.ts";

/** What invitation and change have in common. */
export const MEMBER_SHAPE: Record<string, Shape> = {
  type: "byte",
  externalId: "text",
  permissions: PERMISSIONS_SHAPE,
  collections: ASSOCIATIONS_SHAPE,
  groups: listOf("guid"),
};

export interface MemberModel {
  type: number;
  externalId: string | null;
  permissions: Permissions | null;
  sent: SentAssociations;
  groups: string[] | null;
}

/** `errorsBefore`: how many errors there were before this model; a rule over the whole of it needs all else in order. */
export function readMemberModel(fields: Fields, errorsBefore: number): MemberModel {
  const type = fields.choice("type", MEMBER_TYPES) ?? -1;
  const externalId = fields.text("externalId", { max: 300 });
  const permissions = readPermissions(fields);
  const sent = readAssociations(fields, "collections");
  const groups = fields.guids("groups");
  if (permissions !== null && type !== CUSTOM && fields.errorCount === errorsBefore) {
    fields.note("", "Only users with the Custom role may use custom permissions.");
  }
  fields.finish();
  return { type, externalId, permissions, sent, groups };
}

export function memberOf(call: Call): Member {
  const member = call.world.members.get(call.id);
  if (member === undefined) throw notFound();
  return member;
}

/** `collections`: what the answer of a write echoes, instead of what is stored. */
export function presentMember(
  world: World,
  member: Member,
  collections: Association[] | null = shownCollections(world, member.collections),
): object {
  const { account } = member;
  return {
    object: "member",
    id: member.id,
    userId: account?.id ?? null,
    name: account?.name ?? null,
    email: shownEmail(member),
    type: member.type,
    externalId: member.externalId,
    permissions: member.type === CUSTOM ? (member.permissions ?? noPermissions()) : null,
    status: member.status,
    twoFactorEnabled: account?.twoFactor ?? false,
    resetPasswordEnrolled: false,
    ssoExternalId: null,
    collections,
  };
}
