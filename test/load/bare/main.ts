import type { AddressInfo } from "node:net";
import express from "express";

/** The least an Express 5 receiver can do: read the body, parse it, answer 204. What `receipt` is compared with. */
const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.post("/hooks/okta/:connection", express.raw({ limit: "8mb", type: () => true }), (request, response) => {
  const body: unknown = JSON.parse(String(request.body));
  response.status(typeof body === "object" ? 204 : 400).end();
});
const server = app.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  console.log(JSON.stringify({ msg: "ready", hooks: `http://127.0.0.1:${String(port)}`, admin: "" }));
});
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
