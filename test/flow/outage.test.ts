import { expect, test } from "vitest";
import { REVOKED } from "../fakes/bitwarden/model.ts";
import { startWorld } from "./world.ts";

/** Each attempt asks for the person and for their groups; few attempts fit into the pauses between them. */
const MAX_REQUESTS = 16;

test("a directory that is down is left alone for a while, however many hooks arrive, and asked again by itself", async () => {
  await using world = await startWorld();
  await world.full();
  const { okta, bitwarden } = world;
  const [leaver = ""] = okta.state.users.keys();
  const before = okta.history.length;

  okta.faults.add({ kind: "reset", match: "/api/v1/users/", times: Number.POSITIVE_INFINITY });
  okta.admin.deactivate(leaver);
  for (let n = 0; n < 60; n++) {
    okta.admin.updateProfile(leaver, { title: `Title ${String(n)}` });
    await okta.hooks.idle();
  }
  const asked = okta.history.slice(before).filter(({ path }) => path.startsWith("/api/v1/users/"));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThanOrEqual(MAX_REQUESTS);

  okta.faults.clear();
  await world.quiet();
  expect(bitwarden.state.membersByExternalId.first(leaver)?.status).toBe(REVOKED);
});
