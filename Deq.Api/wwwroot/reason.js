// The puzzle tab: a board to type or paint on, and the iterates of its solve, one after the other.
import { ask } from "/page/api.js";
import { describe, lineChart, show } from "/page/chart.js";
import { difficulties, drawBits, drawMaze, drawSudoku } from "/page/puzzles.js";

const by = id => document.getElementById(id);
const strokes = ["--warm", "--cold", "#3f9b4f", "#8a5cc2", "#a58a1f", "#5c6b7a", "#b23a7a", "#2f9e9e"];
const FASTEST = 40;
const SLOWEST = 160;
const WHOLE_SHOW = 4000;

/** What each kind of puzzle is on the page: its tokens that are typed or painted, what clearing leaves, and what can be drawn. */
const kinds = {
  cells: {
    pens: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "."], blank: ".", draws: difficulties, draw: drawSudoku,
    hint: "Type digits, paste 81 characters, or draw a puzzle. Arrow keys move, 0 or Delete clears.",
  },
  lines: {
    pens: ["#", " ", "S", "G"], blank: " ", draws: ["9", "15", "21", "33"], draw: side => drawMaze(Number(side)),
    hint: "Choose wall, open, S or G and paint, paste lines of text, or draw a maze. Arrow keys move, #, space, S and G paint.",
  },
  line: {
    pens: ["0", "1"], blank: "0", draws: ["16", "64", "256"], draw: count => drawBits(Number(count)),
    hint: "Press a bit to turn it, type or paste 0 and 1, or draw some. The answer is the running parity.",
  },
};
const penNames = { ".": "clear", "#": "wall", " ": "open", S: "start", G: "goal" };

export class PuzzleTab {
  #question = [[]];
  #cells = [];
  #cursor = 0;
  #pen = "";
  #isPainting = false;
  #asking = null;
  #iterates = [];
  #shown = -1;
  #result = null;
  #timer = 0;
  #chart = null;

  constructor(models) {
    this.models = models;
    for (const model of models) {
      by("puzzle-model").add(new Option(model.name));
    }
    const sudoku = models.find(model => model.sections.reasoning.layout === "cells");
    by("puzzle-model").value = (sudoku ?? models[0])?.name ?? "";
    by("puzzle-model").addEventListener("change", () => this.#takeModel());
    by("puzzle-solve").addEventListener("click", () => this.solve());
    by("puzzle-draw").addEventListener("click", () => this.drawOne());
    by("puzzle-clear").addEventListener("click", () => this.#clear());
    by("puzzle-kind").addEventListener("change", () => this.drawOne());
    by("puzzle-at").addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#show(Number(by("puzzle-at").value) - 1);
    });
    for (const control of document.querySelectorAll("#reason button, #reason select")) {
      control.disabled = models.length === 0;
    }
    if (models.length > 0) {
      this.#listen(by("board"));
      this.#takeModel();
    } else {
      this.#say("This server has no reasoner.");
    }
  }

  /** Solves a drawn puzzle, of a model where it is named. */
  async begin(name) {
    if (this.models.some(model => model.name === name)) {
      by("puzzle-model").value = name;
      this.#takeModel();
    }
    if (this.models.length > 0) {
      await this.solve();
    }
  }

  /** Draws a puzzle and waits for a press of Solve. */
  drawOne() {
    this.#put(this.#kind.draw(by("puzzle-kind").value));
  }

  /** Asks the server; the newest question wins. */
  async solve() {
    this.#forget();
    const asking = new AbortController();
    this.#asking = asking;
    document.body.dataset.puzzle = "solving";
    const starts = Number(by("puzzle-starts").value);
    const body = { input: this.#text(), effort: by("puzzle-effort").value, ...(starts > 0 && { starts, select: "majority" }) };
    try {
      const answer = await ask(`/api/v1/models/${encodeURIComponent(by("puzzle-model").value)}/reason`, body, iterate => this.#take(iterate), asking.signal);
      this.#result = answer.result;
      this.#play();
    } catch (fault) {
      if (!asking.signal.aborted) {
        this.#forget();
        this.#say(fault.message, true);
        document.body.dataset.puzzle = "failed";
      }
    }
  }

  get #model() {
    return this.models.find(model => model.name === by("puzzle-model").value);
  }

  get #kind() {
    return kinds[this.#model.sections.reasoning.layout];
  }

  #text() {
    return this.#question.map(row => row.join("")).join(this.#model.sections.reasoning.layout === "lines" ? "\n" : "");
  }

  #takeModel() {
    by("puzzle-kind").replaceChildren(...this.#kind.draws.map(name => new Option(name)));
    this.#pen = this.#kind.pens[0];
    this.#drawPens();
    by("board").className = `board ${this.#model.sections.reasoning.layout}`;
    this.drawOne();
  }

  /** The levels, by what they spend on a puzzle of this size. */
  #listEfforts() {
    const chosen = by("puzzle-effort").value || "medium";
    by("puzzle-effort").replaceChildren(...this.#model.sections.reasoning.efforts.map(level => {
      const most = Math.floor(level.evaluations + Math.ceil((level.evaluationsPerPlace ?? 0) * this.#cells.length));
      return new Option(`${level.name}: ${most} evaluations${level.starts > 1 ? `, ${level.starts} starts` : ""}`, level.name);
    }));
    by("puzzle-effort").value = chosen;
  }

  #drawPens() {
    by("pens").replaceChildren(...this.#kind.pens.map(pen => {
      const button = document.createElement("button");
      [button.type, button.textContent, button.ariaLabel] = ["button", pen === "." ? "⌫" : pen === " " ? "open" : pen === "#" ? "wall" : pen, penNames[pen] ?? pen];
      button.dataset.pen = pen;
      button.addEventListener("click", () => this.#choose(pen));
      return button;
    }));
    this.#mark();
  }

  /** A puzzle as text becomes the board; an empty one, as of a picture that was pasted, changes nothing. */
  #put(written) {
    const text = written.replaceAll("\r", "");
    if (!text.trim()) {
      return;
    }
    const { layout } = this.#model.sections.reasoning;
    const { width } = this.#model.input;
    const lines = text.replace(/^\n+|\n+$/g, "").split("\n");
    const longest = Math.max(...lines.map(line => line.length));
    const tokens = [...text.replace(/\s/g, "").replaceAll("0", layout === "cells" ? "." : "0")];
    this.#question = layout === "lines" ? lines.map(line => [...line.padEnd(longest)])
      : layout === "cells" ? Array.from({ length: Math.ceil(tokens.length / width) }, (_, row) => tokens.slice(row * width, (row + 1) * width))
      : [tokens];
    this.#cursor = 0;
    this.#build();
    this.#listEfforts();
    this.#forget();
  }

  #build() {
    const width = this.#question[0].length;
    const board = by("board");
    board.style.setProperty("--columns", String(this.#model.sections.reasoning.layout === "line" ? Math.min(width, 32) : width));
    this.#cells = this.#question.flat().map((_, place) => {
      const cell = document.createElement("span");
      cell.role = "gridcell";
      cell.id = `place-${place}`;
      cell.dataset.place = String(place);
      return cell;
    });
    const row = document.createElement("div");
    row.role = "row";
    row.append(...this.#cells);
    board.replaceChildren(row);
    this.#paint(null);
  }

  /** Shows the question, or an iterate over it. */
  #paint(iterate, before) {
    const tokens = iterate ? [...iterate.answer.replaceAll("\n", "")] : null;
    const earlier = before ? [...before.answer.replaceAll("\n", "")] : null;
    const wrong = new Set(iterate?.wrong ?? []);
    const hasBlanks = this.#model.sections.reasoning.blanks.length > 0;
    this.#question.flat().forEach((given, place) => {
      const cell = this.#cells[place];
      const token = tokens?.[place] ?? given;
      const isGiven = hasBlanks && given !== this.#kind.blank;
      cell.textContent = token === "#" || token === "." || token === " " ? "" : token;
      if (tokens && !hasBlanks) {
        cell.dataset.given = given;
      } else {
        delete cell.dataset.given;
      }
      cell.className = [
        token === "#" && "wall", token === "o" && "way", isGiven && "given", tokens && !isGiven && "found",
        wrong.has(place) && "wrong", earlier && earlier[place] !== token && "moved", place === this.#cursor && "cursor",
      ].filter(Boolean).join(" ");
      cell.title = this.#result && iterate === this.#iterates.at(-1) ? `confidence ${(100 * this.#result.confidence[place]).toFixed(1)} %` : "";
    });
    by("board").setAttribute("aria-activedescendant", `place-${this.#cursor}`);
    by("board").setAttribute("aria-label", `${iterate ? "Answer" : "Question"}, ${this.#question.length} by ${this.#question[0].length} places`);
  }

  #listen(board) {
    const place = event => {
      const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-place]");
      return cell && board.contains(cell) ? Number(cell.dataset.place) : -1;
    };
    board.addEventListener("pointerdown", event => {
      const at = place(event);
      if (at < 0) {
        return;
      }
      this.#cursor = at;
      const { layout } = this.#model.sections.reasoning;
      this.#isPainting = layout === "lines";
      if (layout === "line") {
        this.#set(at, this.#question.flat()[at] === "1" ? "0" : "1");
      } else if (this.#isPainting) {
        event.preventDefault();
        board.focus();
        this.#set(at, this.#pen);
      } else {
        this.#restore();
      }
    });
    board.addEventListener("pointermove", event => {
      const at = this.#isPainting && event.buttons > 0 && this.#pen !== "S" && this.#pen !== "G" ? place(event) : -1;
      if (at >= 0 && at !== this.#cursor) {
        this.#cursor = at;
        this.#set(at, this.#pen);
      }
    });
    window.addEventListener("pointerup", () => this.#isPainting = false);
    board.addEventListener("keydown", event => this.#press(event));
    board.addEventListener("paste", event => {
      event.preventDefault();
      this.#put(event.clipboardData.getData("text"));
    });
  }

  #press(event) {
    const width = this.#model.sections.reasoning.layout === "line" ? Math.min(this.#cells.length, 32) : this.#question[0].length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: width, ArrowUp: -width }[event.key];
    const pen = ["Delete", "Backspace"].includes(event.key) || (event.key === "0" && this.#kind === kinds.cells) ? this.#kind.blank
      : this.#kind.pens.find(each => each.toLowerCase() === event.key.toLowerCase());
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (step) {
      event.preventDefault();
      this.#cursor = Math.max(0, Math.min(this.#cells.length - 1, this.#cursor + step));
      this.#restore();
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.solve();
    } else if (pen !== undefined) {
      event.preventDefault();
      this.#set(this.#cursor, pen);
      if (this.#kind === kinds.line && this.#cursor + 1 < this.#cells.length) {
        this.#cursor++;
        this.#restore();
      }
    }
  }

  #choose(pen) {
    this.#pen = pen;
    this.#mark();
    if (this.#kind !== kinds.lines) {
      this.#set(this.#cursor, pen);
    }
  }

  #mark() {
    for (const button of by("pens").children) {
      button.setAttribute("aria-pressed", String(this.#kind === kinds.lines && button.dataset.pen === this.#pen));
    }
  }

  /** Writes a token; of S and G there is only one, so the other place becomes open. */
  #set(place, token) {
    const width = this.#question[0].length;
    if (token === "S" || token === "G") {
      this.#question = this.#question.map(row => row.map(each => (each === token ? " " : each)));
    }
    this.#question[Math.floor(place / width)][place % width] = token;
    this.#forget();
  }

  #clear() {
    this.#question = this.#question.map(row => row.map(() => this.#kind.blank));
    this.#forget();
  }

  #restore() {
    this.#paint(this.#iterates[this.#shown] ?? null);
  }

  /** Takes away what was found for an earlier question. */
  #forget() {
    this.#asking?.abort();
    clearTimeout(this.#timer);
    [this.#iterates, this.#shown, this.#result] = [[], -1, null];
    this.#chart?.destroy();
    this.#chart = null;
    by("puzzle-answer").textContent = "";
    by("puzzle-starts-used").replaceChildren();
    by("puzzle-step").hidden = true;
    delete document.body.dataset.puzzle;
    this.#say(this.#kind.hint);
    this.#paint(null);
  }

  /** Keeps an iterate, and shows the first at once. */
  #take(iterate) {
    this.#iterates.push(iterate);
    if (this.#iterates.length === 1) {
      this.#show(0);
    }
  }

  /** Shows the iterates of the start that answers, slowly enough to be seen; all at once where motion is unwelcome. */
  #play() {
    const all = this.#iterates;
    this.#iterates = all.filter(iterate => iterate.start === this.#result.chosen && iterate.answer !== null);
    this.#plot(all);
    this.#list();
    by("puzzle-step").hidden = this.#iterates.length < 2;
    [by("puzzle-at").max, by("puzzle-at").min] = [String(this.#iterates.length), "1"];
    const pause = Math.min(SLOWEST, Math.max(FASTEST, WHOLE_SHOW / this.#iterates.length));
    const stride = Math.max(1, Math.ceil(this.#iterates.length * pause / WHOLE_SHOW));
    const last = this.#iterates.length - 1;
    const step = at => {
      this.#show(at);
      if (at < last) {
        this.#timer = setTimeout(() => step(Math.min(last, at + stride)), pause);
      } else {
        document.body.dataset.puzzle = "done";
      }
    };
    step(matchMedia("(prefers-reduced-motion: reduce)").matches ? last : 0);
  }

  #show(at) {
    const iterate = this.#iterates[at];
    if (!iterate) {
      return;
    }
    this.#paint(iterate, this.#iterates[at - 1]);
    this.#shown = at;
    by("puzzle-at").value = String(at + 1);
    by("puzzle-at-value").textContent = `${iterate.evaluations}`;
    const wrong = iterate.wrong === null ? "" : iterate.wrong.length === 0 ? "; no place breaks a rule" : `; ${iterate.wrong.length} places cannot be right`;
    this.#say(`After ${iterate.evaluations} evaluations the residual is ${iterate.residual?.toPrecision(2) ?? "not finite"}${wrong}.`);
  }

  #plot(all) {
    const count = Math.min(this.#result.starts.length, strokes.length);
    const lines = Array.from({ length: count }, () => []);
    for (const { start, evaluations, residual } of all.filter(iterate => iterate.start < count)) {
      lines[start][evaluations - 1] = residual > 0 ? residual : null;
    }
    this.#chart?.destroy();
    this.#chart = lineChart(by("puzzle-residual"), lines.map((_, start) => ({ label: `start ${start + 1}`, stroke: strokes[start] })), { x: "evaluation", log: true, legend: count > 1 });
    show(this.#chart, lines, 1);
    describe(by("puzzle-residual"), `Residual after each evaluation; at last ${this.#result.solve.residual?.toPrecision(2) ?? "none"}`);
  }

  #list() {
    const { settled, valid, solve, starts, agreement, evaluations } = this.#result;
    const truth = valid === null ? "" : valid ? " The answer is valid." : " The answer is not valid: wrong places are marked.";
    const why = settled ? "Settled" : solve.stop === "cycle" ? `Not settled: its states repeat every ${solve.period} evaluations, stopped` : `Not settled, stopped by ${solve.stop}`;
    by("puzzle-answer").textContent = `${why} after ${solve.evaluations} evaluations of at most ${solve.budget.maxEvaluations}, ${solve.spentMs.toFixed(0)} ms.${truth}`;
    const lines = starts.length < 2 ? [] : [
      `${starts.length} starts took ${evaluations} evaluations: ${starts.map(start => `${start.evaluations} (${start.stop})`).join(", ")}.`,
      ...(agreement ? [`Of the other starts ${(100 * agreement.answers).toFixed(0)} % give the same answer; ${(100 * agreement.tokens).toFixed(1)} % of their tokens are the same.`] : []),
    ];
    by("puzzle-starts-used").replaceChildren(...lines.map(text => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    }));
  }

  #say(text, isFault = false) {
    by("puzzle-note").textContent = text;
    by("puzzle-note").classList.toggle("fault", isFault);
  }
}
