// Logs that grow: the end of a log is read on while its step runs. A reader who has scrolled up is left where he is.
import { ask } from "./api.js";
import { el } from "./dom.js";

/// Milliseconds between two readings; more when nothing comes.
const often = 1000, seldom = 15000;
const kept = 400000;

export class LogTail {
  /// The element's `data-log` is the address of the log, `data-live` whether it may still grow.
  constructor(place) {
    this.place = place;
    this.wait = often;
    this.offset = Number(place.dataset.offset || 0);
    this.out = place.querySelector("pre");
    this.follow = el("button", { type: "button", hidden: true, class: "follow", onclick: () => this.end() }, "To the end ↓");
    place.append(this.follow);
    this.out.addEventListener("scroll", () => { this.follow.hidden = this.atEnd(); });
    this.end();
    this.read();
  }

  atEnd() { return this.out.scrollTop + this.out.clientHeight >= this.out.scrollHeight - 8; }
  end() { this.out.scrollTop = this.out.scrollHeight; this.follow.hidden = true; }

  async read() {
    try {
      let more = true;
      while (more && !document.hidden) {
        const piece = await ask(`${this.place.dataset.log}?offset=${this.offset}`);
        const stay = !this.atEnd();
        if (piece.text) this.out.textContent = (this.out.textContent + piece.text).slice(-kept);
        this.offset = piece.next ?? this.offset;
        more = Boolean(piece.text) && this.offset < piece.size;
        this.wait = piece.text ? often : Math.min(seldom, this.wait * 1.3);
        if (stay) this.follow.hidden = false; else this.end();
      }
      this.place.classList.remove("cut");
    } catch {
      // The server is away or the log is not there yet: asked again.
      this.place.classList.add("cut");
    }
    if (this.place.dataset.live) setTimeout(() => this.read(), this.wait);
  }
}

for (const place of document.querySelectorAll("[data-log]")) new LogTail(place);
