import { badModel, type Refusal } from "./answers.ts";

/** MVC gives up after 200 errors: 199 are named, the last place is an empty text under an empty key. */
const MAX_NAMED = 199;

/** What is wrong with a request, collected over its path and its body. */
export class ModelErrors {
  readonly #byKey = new Map<string, string[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(key: string, text: string): void {
    if (this.#count > MAX_NAMED) return;
    this.#count += 1;
    const [place, words] = this.#count > MAX_NAMED ? ["", ""] : [key, text];
    const texts = this.#byKey.get(place);
    if (texts === undefined) this.#byKey.set(place, [words]);
    else texts.push(words);
  }

  /** The 400 that names them all. */
  refusal(): Refusal {
    return badModel(Object.fromEntries(this.#byKey));
  }

  /** Throws the 400 when there is anything to name. */
  throwIfAny(): void {
    if (this.#count > 0) throw this.refusal();
  }
}
