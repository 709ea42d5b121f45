// A signature drawn with finger, pen or mouse. It travels as the path of its strokes in a hidden field, in a frame of 1000 by 320.
// Without scripts the name is typed; with them it can be, too.
const WIDE = 1000;
const HIGH = 320;
const NEAR = 36; // Squared distance below which a point adds nothing to see.
const MOST = 58000; // Characters: a little below what the server takes.

const box = document.querySelector("[data-signature]");
if (box) {
  const canvas = box.querySelector("canvas");
  const state = box.querySelector("[role=status]");
  const form = box.closest("form");
  const field = form.elements.drawing;
  const context = canvas.getContext("2d");
  let strokes = read(field.value);
  let current = null;

  box.hidden = false;
  form.querySelector("[data-or]").hidden = false;

  function read(path) {
    return (path.match(/M[^M]*/g) || []).map((stroke) => stroke.match(/\d+ \d+/g).map((point) => point.split(" ").map(Number)));
  }

  function written() {
    return strokes.map((stroke) => stroke.map(([x, y], place) => `${place ? "L" : "M"}${x} ${y}`).join(" ")).join(" ");
  }

  function draw() {
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    canvas.width = width * scale;
    canvas.height = canvas.clientHeight * scale;
    context.setTransform(canvas.width / WIDE, 0, 0, canvas.height / HIGH, 0, 0);
    context.lineWidth = 6;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
    for (const stroke of strokes) {
      context.beginPath();
      context.moveTo(...stroke[0]);
      for (const point of stroke.slice(1)) context.lineTo(...point);
      if (stroke.length === 1) context.lineTo(stroke[0][0] + 1, stroke[0][1]);
      context.stroke();
    }
  }

  function keep(says) {
    field.value = written();
    state.textContent = strokes.length ? says : box.dataset.empty;
    draw();
  }

  function place(event) {
    const frame = canvas.getBoundingClientRect();
    const within = (share, most) => Math.min(most, Math.max(0, Math.round(share * most)));
    return [within((event.clientX - frame.left) / frame.width, WIDE), within((event.clientY - frame.top) / frame.height, HIGH)];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || field.value.length > MOST) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    current = [place(event)];
    strokes.push(current);
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    for (const one of event.getCoalescedEvents?.() || [event]) {
      const [x, y] = place(one);
      const [lastX, lastY] = current[current.length - 1];
      if ((x - lastX) ** 2 + (y - lastY) ** 2 >= NEAR) current.push([x, y]);
    }
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (current) keep(box.dataset.drawn);
      current = null;
    });
  }
  box.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sign]");
    if (!button) return;
    strokes = button.dataset.sign === "undo" ? strokes.slice(0, -1) : [];
    keep(button.dataset.sign === "undo" && strokes.length ? box.dataset.drawn : box.dataset.gone);
  });
  new ResizeObserver(draw).observe(canvas);
  keep(box.dataset.drawn);
}
