import { specify } from "./specify.ts";
import { active, confirmed, disabled, gone, managed, out, revoked, revokedByUs, unread } from "./world.ts";

const MEMBER = { bitwarden: { members: { ada: confirmed } }, ledger: { people: { ada: managed } } };
const REVOKED = { bitwarden: { members: { ada: revoked } }, ledger: { people: { ada: revokedByUs } } };

specify("a leaver who is protected", [
  {
    it: "is named instead when an owner, an admin or of a custom role",
    directory: { people: { ada: gone, bob: disabled, cy: out } },
    bitwarden: { members: { ada: { type: 0 }, bob: { type: 1 }, cy: { type: 4 } } },
    ledger: { people: { ada: managed, bob: managed, cy: managed } },
    expect: { notices: ["protected-leaver ada", "protected-leaver bob", "protected-leaver cy"] },
  },
  {
    it: "is named instead when the address of the member is protected, in any spelling",
    directory: { people: { ada: { email: "other@example.test", ...gone } } },
    bitwarden: { members: { ada: { email: "Ada@Example.Test" } } },
    ledger: { people: { ada: managed } },
    protected: ["ada@example.test"],
    expect: { notices: ["protected-leaver ada"] },
  },
  {
    it: "is named instead when an address in the directory is protected",
    directory: { people: { ada: { email: "root@example.test", ...gone } } },
    ...MEMBER,
    protected: ["root@example.test"],
    expect: { notices: ["protected-leaver ada"] },
  },
  {
    it: "is not protected by having no address",
    directory: { people: { ada: { email: null, ...gone } } },
    ...MEMBER,
    protected: ["root@example.test"],
    expect: { operations: ["member.revoke ada"] },
  },
  {
    it: "is named instead of removed",
    directory: { people: { ada: gone }, options: { leaver: "remove" } },
    ...MEMBER,
    protected: ["ada@example.test"],
    expect: { notices: ["protected-leaver ada"] },
  },
  {
    it: "is named as protected, not as reported",
    directory: { people: { ada: gone }, options: { leaver: "report" } },
    ...MEMBER,
    protected: ["ada@example.test"],
    expect: { notices: ["protected-leaver ada"] },
  },
  {
    it: "is read directly before being named",
    directory: { people: { ada: unread(gone) } },
    ...MEMBER,
    protected: ["ada@example.test"],
    expect: { nominations: ["user ada"] },
  },
  {
    it: "is not named when revoked already: there is no access left",
    directory: { people: { ada: gone }, options: { leaver: "remove" } },
    ...REVOKED,
    protected: ["ada@example.test"],
    expect: {},
  },
  {
    it: "is linked, invited and put into groups like everybody while in",
    directory: { people: { ada: active }, groups: { sales: { has: [] } } },
    bitwarden: { members: { ada: { type: 0 } }, groups: { sales: { has: ["ada"] } } },
    ledger: { people: { ada: managed }, groups: { sales: {} } },
    protected: ["ada@example.test"],
    expect: { operations: ["membership.remove ada in sales"] },
  },
]);
