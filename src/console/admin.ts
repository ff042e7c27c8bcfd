import express, { type Express } from "express";
import type { HealthReport } from "../observe/health.ts";
import type { Log } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";

interface AdminDeps {
  health(): Promise<HealthReport>;
  metrics: Pick<Metrics, "render" | "contentType">;
  /** Brings gauges that are read from rows up to date before a scrape. */
  refreshGauges(): Promise<void>;
  log: Log;
}

/** The admin listener: never faces the internet. `/health` is for people and alerts, `/livez` for supervisors. */
export function createAdminApp(deps: AdminDeps): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.get("/livez", (_request, response) => {
    response.type("text/plain").send("ok\n");
  });
  app.get("/health", async (_request, response) => {
    // 200 also when degraded or held: the bridge works, and a supervisor that restarted it would cure nothing.
    response.set("Cache-Control", "no-store").json(await deps.health());
  });
  app.get("/metrics", async (_request, response) => {
    await deps.refreshGauges();
    response.set("Content-Type", deps.metrics.contentType).send(await deps.metrics.render());
  });
  app.use((_request, response) => {
    response.status(404).end();
  });
  app.use((error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
    deps.log.error({ error }, "admin request failed");
    response.status(503).type("text/plain").send("the state cannot be read now\n");
  });
  return app;
}
