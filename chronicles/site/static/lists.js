// The timeline's filters, and the figures on the page on method: both read the data that is published beside the pages.
//
// What comes out of a repository is only ever put into text and into addresses that are made here. Where the data
// cannot be had, on a disk without a server for one, the pages say what they say without a script.
(() => {
  "use strict";

  const form = document.querySelector("[data-chronicles-filters]");
  const figures = document.querySelector("[data-chronicles-figures]");
  const script = document.currentScript;
  if (!script || !(form || figures)) return;

  const root = new URL("..", script.src);
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const SHADES = [1, 5, 15, 40];
  const FIRST = 40;
  const MORE = 200;
  const number = new Intl.NumberFormat("en-US").format;

  const make = (name, classes, ...inside) => {
    const made = document.createElement(name);
    if (classes) made.className = classes;
    made.append(...inside);
    return made;
  };

  const link = (data, page, text) => {
    const made = make("a", "", text);
    made.href = new URL(`episodes/${encodeURIComponent(page)}${data.ending}`, root).href;
    return made;
  };

  // -- figures --------------------------------------------------------------------------------------------------

  const show = ({ figures: known }) => {
    const rows = [
      ["Episodes", known.episodes],
      ["Patch documents", known.patches],
      ["Commits", known.commits],
      ["Facts", known.facts],
      ["Facts verified", known.verified],
      ...Object.entries(known.sources).map(([source, count]) => [`Facts from ${source}`, count]),
      ["Sentences no model wrote", known.by_plain],
      ["Sentences of a model", known.by_model],
      ["Wordings refused by the gate", known.refused],
    ];
    const list = make("dl", "");
    for (const [label, value] of rows) list.append(make("div", "", make("dt", "", label), make("dd", "", number(value))));
    figures.replaceChildren(list);
  };

  // -- filters --------------------------------------------------------------------------------------------------

  const TESTS = {
    type: (row, value, data) => data.types[row.type] === value,
    size: (row, value, data) => data.sizes[row.size] === value,
    verdict: (row, value, data) =>
      value === "measured" ? row.verdicts.length > 0 : row.verdicts.some((at) => data.verdicts[at] === value),
    component: (row, value, data) => row.components.some((at) => data.components[at] === value),
  };

  const options = (data) => ({
    type: [...data.types].sort(),
    size: data.sizes,
    verdict: data.verdicts.length ? ["measured", ...[...data.verdicts].sort()] : [],
    component: [...data.components].sort((one, other) => one.localeCompare(other, "en")),
  });

  const item = (data, row) => {
    const chips = make("span", "chips", make("span", "chip kind", data.types[row.type]), " ");
    chips.append(make("span", "churn", `+${number(row.added)} −${number(row.removed)}`));
    for (const at of row.verdicts) {
      const word = data.verdicts[at];
      if (["slower", "faster", "higher", "lower"].includes(word)) chips.append(" ", make("span", `chip verdict-${word}`, word));
    }
    const names = row.components.slice(0, 3).map((at) => data.components[at]);
    const rest = row.components.length - names.length;
    if (names.length) chips.append(make("span", "where", names.join(", ") + (rest > 0 ? ` and ${rest} more` : "")));
    return make(
      "li",
      "",
      make("span", "number", String(row.number)),
      " ",
      link(data, row.page, row.title),
      " ",
      make("span", "subject", row.subject),
      " ",
      chips,
    );
  };

  const start = (data) => {
    const rows = data.episodes.map((values) => Object.fromEntries(data.columns.map((name, at) => [name, values[at]])));
    const count = document.querySelector("[data-chronicles-count]");
    const months = document.querySelector("[data-chronicles-months]");
    const results = document.querySelector("[data-chronicles-results]");
    const asked = new URLSearchParams(location.search);
    const selects = [...form.querySelectorAll("select")];
    const known = options(data);
    for (const select of selects) {
      for (const value of known[select.name]) select.append(new Option(value, value));
      const wanted = asked.get(select.name);
      if (wanted && known[select.name].includes(wanted)) select.value = wanted;
      if (!known[select.name].length) select.closest("label").hidden = true;
    }

    const calendar = (found) => {
      if (!found.length) return months.replaceChildren();
      const counts = new Map();
      for (const row of found) {
        const month = row.day.slice(0, 7);
        if (/^\d{4}-\d\d$/.test(month)) counts.set(month, (counts.get(month) ?? 0) + 1);
      }
      const head = make("tr", "", make("th", "", "Year"), ...MONTHS.map((name) => make("th", "", name)));
      for (const cell of head.cells) cell.scope = "col";
      const body = make("tbody", "");
      for (const year of [...new Set([...counts.keys()].map((month) => month.slice(0, 4)))].sort().reverse()) {
        const line = make("tr", "", make("td", "", year));
        MONTHS.forEach((name, at) => {
          const month = `${year}-${String(at + 1).padStart(2, "0")}`;
          const many = counts.get(month) ?? 0;
          const cell = make("td", "");
          if (many) {
            const inside = link(data, month, number(many));
            inside.className = `shade-${SHADES.filter((least) => many >= least).length}`;
            inside.title = `${name} ${year}: ${number(many)}`;
            cell.append(inside);
          }
          line.append(cell);
        });
        body.append(line);
      }
      months.replaceChildren(make("table", "", make("thead", "", head), body));
    };

    const list = (found, shown) => {
      const items = make("ul", "", ...found.slice(0, shown).map((row) => item(data, row)));
      results.replaceChildren(items);
      if (found.length > shown) {
        const button = make("button", "", `Show ${number(Math.min(MORE, found.length - shown))} more`);
        button.type = "button";
        button.addEventListener("click", () => {
          list(found, shown + MORE);
          results.querySelectorAll("li")[shown]?.querySelector("a")?.focus();
        });
        results.append(button);
      }
    };

    const nothing = () => {
      const button = make("button", "", "Show all episodes");
      button.type = "button";
      button.addEventListener("click", () => {
        form.reset();
        selects.find((select) => !select.closest("label").hidden)?.focus();
      });
      results.replaceChildren(button);
    };

    const choose = () => {
      const chosen = selects.filter((select) => select.value);
      for (const select of selects) select.classList.toggle("chosen", Boolean(select.value));
      const found = rows.filter((row) => chosen.every((select) => TESTS[select.name](row, select.value, data)));
      const all = `${number(rows.length)} ${rows.length === 1 ? "episode" : "episodes"}`;
      if (!chosen.length) count.textContent = all;
      else if (found.length) count.textContent = `${number(found.length)} of ${all}`;
      else count.textContent = "No episode matches. Choose fewer filters, or clear them.";
      const query = new URLSearchParams(chosen.map((select) => [select.name, select.value])).toString();
      history.replaceState(null, "", `${location.pathname}${query ? `?${query}` : ""}${location.hash}`);
      calendar(found);
      if (found.length) list(found, FIRST);
      else nothing();
    };

    form.addEventListener("change", choose);
    form.addEventListener("reset", () => setTimeout(choose));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    choose();
  };

  fetch(new URL("data/episodes.json", root))
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(answer.statusText))))
    .then((data) => {
      if (figures) show(data);
      if (form) start(data);
    })
    .catch(() => {});
})();
