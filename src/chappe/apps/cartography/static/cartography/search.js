/* The search box of the map: asks while one types, arrows choose, Enter goes there. */
const WAIT_MS = 180;

export class Search {
  constructor(map, config, go) {
    Object.assign(this, { map, config, go, found: [], at: -1, turn: 0 });
    this.field = document.getElementById("mp-q");
    this.list = document.getElementById("mp-found");
    this.said = document.getElementById("mp-said");
    this.clear = document.getElementById("mp-clear");
    this.field.addEventListener("input", () => this.typed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("focus", () => this.found.length && this.open(true));
    document.getElementById("mp-search").addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.clear.addEventListener("click", () => { this.field.value = ""; this.typed(); this.field.focus(); });
    document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".mp-left")) this.open(false); });
  }

  typed() {
    clearTimeout(this.timer);
    const text = this.field.value.trim();
    this.clear.hidden = !text;
    if (text.length < 2) { this.turn++; this.show([]); this.open(false); return; }
    this.timer = setTimeout(() => this.ask(text), WAIT_MS);
  }

  async ask(text) {
    const turn = ++this.turn;
    let told = null;
    try {
      const answer = await fetch(`${this.config.search}?q=${encodeURIComponent(text)}`, { credentials: "same-origin" });
      told = answer.ok && !answer.redirected ? (await answer.json()).found : null;
    } catch { told = null; }
    if (turn !== this.turn) return null;
    this.show(told || [], told === null ? this.config.words.failed : this.config.words.nothing);
    return told;
  }

  show(found, nothing = "") {
    this.found = found;
    this.at = -1;
    this.field.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...found.map((each, number) => this.row(each, number)));
    if (!found.length && nothing) {
      const line = document.createElement("li");
      line.className = "mp-none";
      line.textContent = nothing;
      this.list.append(line);
    }
    this.said.textContent = found.length ? `${found.length} ${this.config.words.results}` : nothing;
    this.open(found.length > 0 || nothing !== "");
  }

  row(each, number) {
    const line = document.createElement("li"), icon = document.createElement("i"), text = document.createElement("span");
    const label = document.createElement("b"), more = document.createElement("small");
    line.id = `mp-found-${number}`;
    line.setAttribute("role", "option");
    icon.className = `ti ti-${each.icon}`;
    icon.setAttribute("aria-hidden", "true");
    label.textContent = each.label;
    more.textContent = each.more;
    text.append(label, more);
    line.append(icon, text);
    line.addEventListener("click", () => this.choose(number));
    return line;
  }

  open(shown) {
    this.list.hidden = !shown;
    this.field.setAttribute("aria-expanded", String(shown));
  }

  key(event) {
    if (event.key === "Escape") { this.open(false); event.stopPropagation(); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !this.found.length) return;
    event.preventDefault();
    this.open(true);
    this.at = (this.at + step + this.found.length) % this.found.length;
    [...this.list.children].forEach((line, number) => line.setAttribute("aria-selected", String(number === this.at)));
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", `mp-found-${this.at}`);
  }

  async submit() {
    clearTimeout(this.timer);
    const text = this.field.value.trim();
    if (this.at >= 0) { this.choose(this.at); return; }
    if (text.length < 2) return;
    const found = await this.ask(text);
    if (found?.length) this.choose(0);
  }

  choose(number) {
    this.open(false);
    this.field.value = this.found[number].label;
    this.field.blur();
    this.go(this.found[number]);
  }
}
