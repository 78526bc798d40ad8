// Numbers that show their facts where they stand.
//
// A number is a link to a row of the page's evidence, and stays one where this script does not run or the browser has
// no popovers. All that the card shows is read from that row.
(() => {
  "use strict";

  if (!("popover" in HTMLElement.prototype)) return;

  let card = null;
  let opener = null;

  const make = (name, classes, text) => {
    const made = document.createElement(name);
    if (classes) made.className = classes;
    if (text) made.textContent = text;
    return made;
  };

  const copy = async (text, button) => {
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch {
      const area = make("textarea", "", text);
      card.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = done ? "Copied" : "Not copied";
  };

  const close = (back) => {
    if (!card) return;
    const [gone, link] = [card, opener];
    card = opener = null;
    gone.remove();
    if (link) {
      link.removeAttribute("aria-expanded");
      if (back) link.focus();
    }
  };

  const fill = (row) => {
    const [name, value, source, derive] = [...row.cells];
    const made = make("div", "fact-card");
    made.id = "fact-card";
    made.popover = "auto";
    made.setAttribute("role", "dialog");
    made.setAttribute("aria-label", `Fact ${name.textContent}`);
    made.tabIndex = -1;
    const heading = make("p", "value", value.textContent);
    const about = make("p", "source");
    about.append(make("code", "", name.textContent), ` from ${source.textContent}`);
    const command = make("div", "command");
    command.tabIndex = 0;
    command.append(...[...derive.childNodes].map((node) => node.cloneNode(true)));
    const actions = make("div", "actions");
    if (!derive.querySelector("a")) {
      const button = make("button", "", "Copy command");
      button.type = "button";
      button.addEventListener("click", () => copy(derive.textContent, button));
      actions.append(button);
    }
    const link = make("a", "", "All evidence");
    link.href = `#${row.id}`;
    actions.append(link);
    made.append(heading, about, command, actions);
    made.addEventListener("click", (event) => {
      if (event.target.closest("a")) close(false);
    });
    return made;
  };

  const place = (made, rectangle) => {
    const gap = 6;
    const [width, height] = [made.offsetWidth, made.offsetHeight];
    const left = Math.min(Math.max(rectangle.left, gap), Math.max(window.innerWidth - width - gap, gap));
    const below = rectangle.bottom + gap;
    const fits = below + height + gap <= window.innerHeight;
    made.style.left = `${left}px`;
    made.style.top = `${fits ? below : Math.max(rectangle.top - height - gap, gap)}px`;
  };

  const open = (link, row) => {
    close(false);
    card = fill(row);
    opener = link;
    const made = card;
    made.addEventListener("toggle", (event) => {
      if (event.newState === "closed" && card === made) close(made.contains(document.activeElement));
    });
    document.body.append(made);
    made.showPopover();
    place(made, link.getBoundingClientRect());
    link.setAttribute("aria-expanded", "true");
    made.focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a.fact") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const row = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!(row instanceof HTMLTableRowElement)) return;
    event.preventDefault();
    if (link === opener) close(true);
    else open(link, row);
  });

  window.addEventListener("scroll", () => close(false), { passive: true });
  window.addEventListener("resize", () => close(false));
})();
