// Wheel, drag, keys and buttons that change what part of a histogram is in view.

const WHEEL_STEP = 1.25;
const BUTTON_STEP = 1.6;
const DRAG_PX = 5; // less is a click

class Zoom {
  constructor(drawing) {
    Object.assign(this, { drawing, from: null, selection: null });
    const { svg } = drawing;
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.press(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", (event) => this.release(event));
    svg.addEventListener("pointercancel", () => this.drop());
    svg.addEventListener("pointerleave", () => drawing.content && this.from === null && drawing.mark(null));
    svg.addEventListener("dblclick", () => drawing.content && drawing.reset());
    svg.addEventListener("keydown", (event) => this.key(event));
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.act(button.dataset.zoom));
    }
  }

  /** The mass under the pointer, in GeV. */
  mass(event) {
    const { frame, view, svg } = this.drawing;
    const place = event.clientX - svg.getBoundingClientRect().left;
    const inside = Math.min(Math.max(place, frame.left), frame.right);
    return linear(frame.left, frame.right, view.low, view.high)(inside);
  }

  bin(mass) {
    return Math.floor(this.drawing.content.marks.grid.place(mass));
  }

  /** Look closer by a factor, or from further away; the mass at the centre stays where it is. */
  closer(factor, centre) {
    const { low, high } = this.drawing.view;
    return this.drawing.look(centre - (centre - low) / factor, centre + (high - centre) / factor);
  }

  wheel(event) {
    if (!this.drawing.content || !event.deltaY) return;
    const changed = this.closer(event.deltaY < 0 ? WHEEL_STEP : 1 / WHEEL_STEP, this.mass(event));
    if (changed) event.preventDefault(); // at the whole range the page scrolls on
  }

  press(event) {
    if (!this.drawing.content || event.button) return;
    this.from = this.mass(event);
    this.drawing.svg.setPointerCapture(event.pointerId);
  }

  move(event) {
    if (!this.drawing.content) return;
    const mass = this.mass(event);
    this.drawing.mark(this.bin(mass));
    if (this.from !== null) this.select(mass);
  }

  /** Show which range a drag has gone over. */
  select(mass) {
    const [low, high] = [Math.min(this.from, mass), Math.max(this.from, mass)].map(this.drawing.x);
    this.selection?.remove();
    const { top, end } = this.drawing.frame;
    this.selection = box({ left: low, right: high, top, bottom: end }, { class: "selection" });
    this.drawing.svg.append(this.selection);
  }

  release(event) {
    if (this.from === null) return;
    const [from, to] = [this.from, this.mass(event)];
    this.drop();
    if (Math.abs(this.drawing.x(to) - this.drawing.x(from)) > DRAG_PX) {
      this.drawing.look(Math.min(from, to), Math.max(from, to));
    }
  }

  drop() {
    this.from = null;
    this.selection?.remove();
    this.selection = null;
  }

  act(what) {
    const { drawing } = this;
    if (!drawing.content) return;
    const { low, high } = drawing.view;
    const step = (high - low) / 4;
    if (what === "in") this.closer(BUTTON_STEP, (low + high) / 2);
    if (what === "out") this.closer(1 / BUTTON_STEP, (low + high) / 2);
    if (what === "left") drawing.look(low - step, high - step);
    if (what === "right") drawing.look(low + step, high + step);
    if (what === "reset") drawing.reset();
  }

  key(event) {
    if (!this.drawing.content || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = { "+": "in", "=": "in", "-": "out", "−": "out", 0: "reset" }[event.key];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (action) this.act(action);
    if (step) this.step(step);
    if (action || step) event.preventDefault();
  }

  /** Go to the next bin, and bring it into view. */
  step(step) {
    const { drawing } = this;
    const { marks } = drawing.content;
    const [first] = marks.inView(drawing.view);
    drawing.mark(drawing.marked === null ? first : drawing.marked + step);
    const { low, high } = drawing.view;
    const [left, right] = [marks.low(drawing.marked), marks.low(drawing.marked + 1)];
    if (left < low) drawing.look(left, left + high - low);
    if (right > high) drawing.look(right - (high - low), right);
  }
}
