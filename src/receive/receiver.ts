import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import type { ReceiverDeps } from "./deps.ts";
import { hookDelivery, hookVerification } from "./hooks.ts";
import { refusalLimit, refuse } from "./refuse.ts";

/** Many senders may share the address of one proxy, and a person may mistype a secret while setting up. */
const REFUSALS_PER_MINUTE = 30;

/** The hooks listener: senders' routes, `/livez`, `/readyz`, and nothing else. */
export function createReceiver(deps: ReceiverDeps): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("trust proxy", deps.trustProxy);
  app.set("query parser", false);
  const tooMany = refusalLimit(deps.refusalsPerMinute ?? REFUSALS_PER_MINUTE);

  app.post("/hooks/:type/:connection", hookDelivery(deps, tooMany));
  app.get("/hooks/:type/:connection", hookVerification(deps, tooMany));
  app.all("/hooks/:type/:connection", methodNotAllowed("GET, POST"));
  app.get("/livez", live);
  app.get("/readyz", readiness(deps));
  app.all(["/livez", "/readyz"], methodNotAllowed("GET"));
  app.use((_request, response) => {
    refuse(response, 404);
  });
  app.use(unexpected(deps));
  return app;
}

/** The process answers. */
const live: RequestHandler = (_request, response) => {
  response.type("text/plain").send("ok\n");
};

/** Whether an event could be written down now; a failure to find out counts as no. */
function readiness(deps: ReceiverDeps): RequestHandler {
  return async (_request, response) => {
    let ready = false;
    try {
      ready = await deps.ready();
    } catch (error) {
      deps.log.warn({ error }, "readiness unknown");
    }
    response
      .status(ready ? 200 : 503)
      .type("text/plain")
      .send(ready ? "ready\n" : "not ready\n");
  };
}

function methodNotAllowed(allow: string): RequestHandler {
  return (_request, response) => {
    response.set("Allow", allow);
    refuse(response, 405);
  };
}

/** Express itself refuses paths that it cannot decode; anything else here is a mistake of ours. */
function unexpected(deps: ReceiverDeps): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    if (error instanceof URIError) {
      refuse(response, 400);
      return;
    }
    deps.log.error({ error }, "unexpected failure while answering");
    if (response.headersSent) response.destroy();
    else refuse(response, 503);
  };
}
