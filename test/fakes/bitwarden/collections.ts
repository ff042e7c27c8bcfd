import { ASSOCIATIONS_SHAPE, checkAssociations, readAssociations, replaceLinks, requireItems } from "./access.ts";
import { badRule, crash, listOf, notFound, ok, type Answer } from "./answers.ts";
import type { BodyRule } from "./binding.ts";
import type { Call, Route } from "./call.ts";
import { EVENT, type Association, type Collection } from "./model.ts";
import { modelOf } from "./shape.ts";
import type { World } from "./world.ts";

const COLLECTION: BodyRule = { shape: modelOf({ externalId: "text", groups: ASSOCIATIONS_SHAPE }) };

export const collectionRoutes: Route[] = [
  { method: "GET", path: "/public/collections", handle: listShared },
  { method: "GET", path: "/public/collections/{id}", handle: show },
  { method: "PUT", path: "/public/collections/{id}", body: COLLECTION, handle: update },
  { method: "DELETE", path: "/public/collections/{id}", handle: remove },
];

function present({ id, externalId }: Collection, groups: readonly Association[] | null): object {
  return { object: "collection", id, externalId, groups };
}

/** The groups that reach a collection, as associations that carry the group's id. */
function groupsOf(world: World, collectionId: string): Association[] {
  return [...world.groups.values()].flatMap((group) =>
    group.collections.filter(({ id }) => id === collectionId).map((access) => ({ ...access, id: group.id })),
  );
}

/** "My items" collections are hidden. */
function listShared({ world }: Call): Answer {
  const shared = [...world.collections.values()].filter(({ kind }) => kind === "shared");
  return listOf(shared.map((collection) => present(collection, groupsOf(world, collection.id))));
}

function collectionOf({ world, id }: Call): Collection {
  const collection = world.collections.get(id);
  if (collection === undefined) throw notFound();
  return collection;
}

function show(call: Call): Answer {
  const collection = collectionOf(call);
  if (collection.kind === "my-items") throw notFound();
  return ok(present(collection, groupsOf(call.world, collection.id)));
}

function update(call: Call): Answer {
  const { world } = call;
  const fields = call.fields();
  const externalId = fields.text("externalId", { max: 300 });
  const sent = readAssociations(fields, "groups");
  fields.finish();
  const { id, kind } = collectionOf(call);
  const wanted = requireItems(sent);
  if (kind === "my-items") throw badRule("You cannot edit a collection with the type as DefaultUserCollection.");
  checkAssociations(wanted);
  const updated: Collection = { id, kind, externalId };
  world.collections.set(id, updated);
  // The external id is stored by now, whatever becomes of the groups.
  if (wanted !== null && world.organization.useGroups) grantToGroups(world, id, wanted);
  world.log(EVENT.collectionUpdated, { collectionId: id });
  return ok(present(updated, wanted));
}

function grantToGroups(world: World, collectionId: string, wanted: readonly Association[]): void {
  const links = replaceLinks(groupsOf(world, collectionId), wanted);
  if (links.some(({ id }) => !world.groups.has(id))) throw crash();
  const byGroup = new Map(links.map((access) => [access.id, access]));
  for (const group of world.groups.values()) {
    const access = byGroup.get(group.id);
    const others = group.collections.filter(({ id }) => id !== collectionId);
    if (access === undefined && others.length === group.collections.length) continue;
    const collections = access === undefined ? others : [...others, { ...access, id: collectionId }];
    world.changeGroup(group, { collections });
  }
}

function remove(call: Call): Answer {
  const { id, kind } = collectionOf(call);
  if (kind === "my-items") throw badRule("You cannot delete a collection with the type as DefaultUserCollection.");
  call.world.removeCollection(id);
  return ok();
}
