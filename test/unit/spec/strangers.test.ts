import { specify } from "./specify.ts";
import { active, confirmed, gone, managed, revoked } from "./world.ts";

const LEGACY = {
  bitwarden: { members: { ada: { externalId: "legacy:ada" } } },
  ledger: { people: { "legacy/ada": managed } },
};

specify("a member with access whom no directory speaks for", [
  {
    it: "is named when managed for a connection that is gone",
    ...LEGACY,
    expect: { notices: ["unclaimed legacy/ada"] },
  },
  {
    it: "is named when carrying an external id that no directory knows",
    bitwarden: { members: { eve: { externalId: "lost" } } },
    expect: { notices: ["unknown-external-id bitwarden/m-eve"] },
  },
  {
    it: "is not named without an external id: invited by hand",
    bitwarden: { members: { eve: { externalId: null } } },
    expect: {},
  },
  {
    it: "is not named when revoked",
    bitwarden: { members: { ada: { externalId: "legacy:ada", ...revoked }, eve: { externalId: "lost", ...revoked } } },
    ledger: { people: { "legacy/ada": managed } },
    expect: {},
  },
  {
    it: "is not named before every directory has been read whole: anybody may still turn up",
    bitwarden: { members: { ada: { externalId: "legacy:ada" }, eve: { externalId: "lost" } } },
    ledger: { people: { "legacy/ada": managed } },
    complete: false,
    expect: {},
  },
  {
    it: "is not named by a decision about a few",
    bitwarden: { members: { ada: { externalId: "legacy:ada" }, eve: { externalId: "lost" } } },
    ledger: { people: { "legacy/ada": managed } },
    about: [],
    expect: {},
  },
  {
    it: "is not named when a directory knows the external id, although it is not theirs to take",
    directory: { people: { ada: { email: "ada@home.test", ...gone } }, options: { users: false } },
    bitwarden: { members: { ada: confirmed, two: { externalId: "cn=ada" } } },
    expect: { notices: ["import-poisoned bitwarden/cn=ada", "duplicate-external-id ada"] },
  },
  {
    it: "is gone on with when another connection gives the same external id and address: one person from now on",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { "legacy/ada": managed } },
    expect: { joins: ["ada is legacy/ada"] },
  },
  {
    it: "is not handed to another connection that gives the same external id to another address: both are named",
    directory: { people: { ada: { email: "new@example.com" } } },
    bitwarden: { members: { ada: confirmed } },
    ledger: { people: { "legacy/ada": managed } },
    expect: { notices: ["external-id-of-a-leaver ada", "unclaimed legacy/ada"] },
  },
  {
    it: "is not named when adopted in the same breath",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: confirmed } },
    expect: { adoptions: ["user ada is m-ada"] },
  },
  {
    it: "is not named when managed and claimed, whatever the external id became",
    directory: { people: { ada: active } },
    bitwarden: { members: { ada: { externalId: "lost" } } },
    ledger: { people: { ada: managed } },
    expect: { notices: ["external-id-changed ada"] },
  },
]);
