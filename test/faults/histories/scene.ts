import type { FakeBitwarden } from "../../fakes/bitwarden/server.ts";
import { recommendedEvents } from "../../fakes/okta/event-types.ts";
import type { LogEvent } from "../../fakes/okta/types.ts";
import type { ChangeOptions } from "../../fakes/okta/admin.ts";
import { Chronicle } from "./oracle/chronicle.ts";
import { Hands } from "./hands.ts";
import { Hooks } from "./world/hooks.ts";
import { Judge } from "./oracle/judge.ts";
import { Knowledge } from "./oracle/knowledge.ts";
import { People } from "./oracle/people.ts";
import type { Lag } from "./world/lag.ts";
import type { Setting } from "./setting.ts";
import type { Source } from "./oracle/source.ts";
import { Told } from "./oracle/told.ts";
import { fact, Truth } from "./oracle/truth.ts";

export interface SceneParts {
  setting: Setting;
  sources: readonly Source[];
  bitwarden: FakeBitwarden;
  urlOf: (source: Source) => string | null;
  secret: string;
  lag: Lag;
}

/** Everything that is known, from outside, about one history while it goes on. */
export class Scene {
  readonly setting: Setting;
  readonly sources: readonly Source[];
  readonly bitwarden: FakeBitwarden;
  readonly chronicle = new Chronicle();
  readonly knowledge = new Knowledge();
  readonly told = new Told();
  readonly people: People;
  readonly truth: Truth;
  readonly hands: Hands;
  readonly lag: Lag;
  readonly judge: Judge;
  readonly hooks: Hooks;
  changes = 0;
  /** Events of a burst, which leave together. */
  #gathered: LogEvent[] | null = null;

  constructor({ setting, sources, bitwarden, urlOf, secret, lag }: SceneParts) {
    this.setting = setting;
    this.sources = sources;
    this.bitwarden = bitwarden;
    this.people = new People(sources);
    this.truth = new Truth(sources);
    this.hands = new Hands(bitwarden, this.people, this.chronicle);
    this.lag = lag;
    this.judge = new Judge(this);
    const { knowledge, told, chronicle } = this;
    const { random, hooks: weather } = setting;
    this.hooks = new Hooks({ random, weather, knowledge, told, chronicle, lag, urlOf, secret });
  }

  /** One change in a directory: it is made, noted, and told to the bridge or not. */
  change<T>(source: Source, text: string, about: readonly string[], make: (options: ChangeOptions) => T): T {
    const { logs } = source.okta.state;
    const before = logs.length;
    const isSilent = this.setting.random() < this.setting.silent;
    const made = make(isSilent ? { silent: true } : {});
    this.people.look();
    const facts = this.truth.look();
    const events = logs.slice(before);
    const told = events.filter(({ eventType }) => recommendedEvents.includes(eventType)).map(({ uuid }) => uuid);
    // A new name changes no fact, and is owed like one.
    const groups = about.filter((id) => source.okta.state.groups.has(id)).map((id) => fact.group(source.name, id));
    this.told.changed([...facts, ...groups], told);
    this.changes += 1;
    const who = about.map((id) => this.people.nameOf(id) ?? id).join(" ");
    this.chronicle.note(`${source.name} ${text}: ${who}${isSilent ? " (told to nobody)" : ""}`, ...about);
    if (this.#gathered) this.#gathered.push(...events);
    else this.hooks.send(source, events);
    return made;
  }

  /** Changes whose events leave in as few posts as possible, as those of one import or one rule do. */
  together(source: Source, work: () => void): void {
    this.#gathered = [];
    work();
    const events = this.#gathered;
    this.#gathered = null;
    this.hooks.send(source, events);
  }
}
