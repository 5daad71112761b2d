// An ensemble's vote on a picture: each member's vote as a bar, the belief, and feedback on the truth.
import { json } from "/page/api.js";

const by = id => document.getElementById(id);
const percent = share => `${(100 * share).toFixed(1)} %`;

export const listEnsembles = async () => (await json("/api/v1/ensembles")).ensembles.filter(each => each.task === "image-classification");

/** Has an ensemble vote on a picture. An answer that is less sure than asked for is an answer all the same. */
export async function vote(ensemble, picture, accuracy, signal) {
  const query = accuracy ? `?${new URLSearchParams({ accuracy })}` : "";
  try {
    return await json(ensemble.path + query, { method: "POST", headers: { "Accept": "application/json", "Content-Type": picture.type }, body: picture, signal });
  } catch (fault) {
    if (fault.kind === "accuracy-not-reached" && fault.problem.result) {
      return fault.problem.result;
    }
    throw fault;
  }
}

export class Votes {
  #answer = null;

  constructor() {
    by("truth-tell").addEventListener("click", () => this.#tell());
  }

  /** Bars of the members' weights, those that decided first; members that were not asked stay without one. */
  show(ensemble, answer) {
    this.#answer = { ensemble, id: answer.answer };
    const most = Math.max(...ensemble.members.map(member => member.weight), 1e-9);
    const votes = new Map(answer.votes.map(each => [each.member, each]));
    const rank = member => (answer.decidedBy.includes(member.name) ? 0 : votes.has(member.name) ? 1 : 2);
    const members = [...ensemble.members].sort((a, b) => rank(a) - rank(b) || b.weight - a.weight);
    by("votes").replaceChildren(...members.map(member => line(member, votes.get(member.name), answer, most)));
    by("votes").hidden = false;
    by("solve").textContent = sentence(answer);
    by("truth").replaceChildren(...ensemble.labels.map(label => new Option(label, label, false, label === answer.label)));
    by("truth-said").textContent = "";
    by("truth-form").hidden = answer.answer === null;
  }

  hide() {
    this.#answer = null;
    by("votes").hidden = true;
    by("truth-form").hidden = true;
  }

  async #tell() {
    const { ensemble, id } = this.#answer;
    try {
      await json(`/api/v1/ensembles/${encodeURIComponent(ensemble.name)}/feedback`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ answer: id, label: by("truth").value }),
      });
      by("truth-said").textContent = "Counted: the trust in each member has changed.";
    } catch (fault) {
      by("truth-said").textContent = fault.message;
    }
  }
}

function line(member, own, answer, most) {
  const [item, name, bar, label] = ["li", "span", "progress", "span"].map(kind => document.createElement(kind));
  const decided = answer.decidedBy.includes(member.name);
  const missing = answer.missing.find(each => each.member === member.name);
  name.textContent = member.name;
  item.title = missing ? missing.detail
    : `Right in ${percent(member.trust)} of what was checked, between ${percent(member.low)} and ${percent(member.high)}.`
      + (own ? ` Weight ${own.weight.toFixed(2)}; ${own.solve.evaluations} evaluations; the model itself gives its label ${percent(own.probability)}.` : "");
  [bar.max, bar.value, bar.ariaLabel] = [most, own ? Math.max(own.weight, 0) : 0, `Weight of ${member.name}`];
  label.textContent = own ? own.label : missing ? "no answer" : "not asked";
  item.className = decided ? "decided" : own ? "overruled" : "silent";
  item.append(name, bar, label);
  return item;
}

function sentence(answer) {
  const { spent, believed } = answer;
  const ended = { all: "All members have voted", accuracy: "As sure as asked, so no further member was asked", deadline: "The deadline ended the vote" }[answer.stop];
  const unsure = answer.accuracy && answer.posterior < answer.accuracy ? ` Less sure than the ${percent(answer.accuracy)} asked for.` : "";
  return `${answer.label}, right with probability ${percent(answer.posterior)}; before the vote the members together were believed to be right in ${percent(believed.before)}.`
    + `${unsure} Decided by ${answer.decidedBy.join(", ")}. ${ended}: ${spent.members} asked, ${spent.evaluations} evaluations, `
    + `${percent(spent.cost / spent.costOfAll)} of the cost of all, ${spent.ms.toFixed(0)} ms.`;
}
