/* The wall: every guest the signed-in person may see. */
import { guests as fetchGuests, Problem } from '../lib/api';
import { attribute, h, replace, show, text, uniqueId } from '../lib/dom';
import { icon } from '../lib/icons';
import { load, save } from '../lib/prefs';
import type { Guest, Kind, ProfileError, Status, TagStyles } from
	'../lib/types';
import { Card, typeWord } from './card';
import { emptyWall } from './empty';
import { Filters } from './filters';
import type { Jobs } from './jobs';
import { Poll } from './poll';
import { firstKind } from '../lib/kinds';

const EVERY_MS = 10000;
const filters: (Status | 'all')[] =
	['all', 'running', 'stopped', 'paused', 'unknown'];
const order = new Intl.Collator(undefined, { numeric: true });

interface WallPrefs {
	layout: 'cards' | 'rows';
}

export interface WallOptions {
	open(guest: Guest, kind: Kind): void;
	openKinds(guest: string): Partial<Record<Kind, boolean>>;
	changed(): void; /* the list was read anew */
	signedOut(): void;
	jobs: Jobs;
	admin: boolean;
}

function byPlace(a: Guest, b: Guest): number {
	return order.compare(a.profile, b.profile) ||
		Number(a.type === 'node') - Number(b.type === 'node') ||
		order.compare(a.name || a.id, b.name || b.id) ||
		order.compare(a.id, b.id);
}

function matches(guest: Guest, words: string[]): boolean {
	const all = [guest.name, guest.id, guest.node ?? '', guest.profile,
		guest.pool ?? '', guest.type, typeWord(guest.type), guest.status, ...(guest.tags ?? []).map((t) => `#${t}`)]
		.join(' ').toLowerCase();

	return words.every((w) => all.includes(w));
}

/* Shells of nodes are no guests: a group of their own, after them. */
function groupOf(guest: Guest): string {
	return guest.type === 'node' ? `${guest.profile}: nodes` : guest.profile;
}

export class Wall {
	readonly root: HTMLElement;
	private readonly list = h('div', { class: 'wall-list' });
	private readonly search: HTMLInputElement;
	private readonly clear: HTMLButtonElement;
	private readonly chips = new Map<string, HTMLButtonElement>();
	private readonly layoutButton: HTMLButtonElement;
	private readonly banner = h('p', {
		class: 'alert', role: 'status', hidden: true,
	});
	private readonly nothing = h('div', { class: 'wall-nothing' });
	private readonly count = h('p', { class: 'unseen', role: 'status' });
	private readonly tools: HTMLElement;
	private readonly cards = new Map<string, Card>();
	private readonly sections = new Map<string, HTMLElement>();
	private readonly filters = new Filters(() => this.draw());
	private readonly prefs = load<WallPrefs>('wall', { layout: 'cards' });
	private readonly poll = new Poll(EVERY_MS, () => this.refresh());
	private all: Guest[] | null = null;
	private styles: TagStyles = {};
	private filter: Status | 'all' = 'all';

	constructor(private readonly options: WallOptions) {
		const id = uniqueId('search');

		this.search = h('input', {
			id, class: 'field search-field', type: 'search',
			placeholder: 'Search name, id, node, #tag',
			autocomplete: 'off', spellcheck: 'false',
			'aria-keyshortcuts': '/',
			on: {
				input: () => this.draw(),
				keydown: (e) => this.searchKey(e),
			},
		});
		this.clear = h('button', {
			type: 'button', class: 'icon-button field-button', hidden: true,
			'aria-label': 'Clear the search',
			on: { click: () => this.setSearch('') },
		}, icon('close'));
		this.layoutButton = h('button', {
			type: 'button', class: 'icon-button',
			on: { click: () => this.toggleLayout() },
		});
		this.tools = h('div', { class: 'wall-tools' },
			h('div', { class: 'field-group search', role: 'search' },
				h('label', { class: 'unseen', for: id }, 'Search guests'),
				icon('search', 'search-icon'), this.search,
				h('kbd', { class: 'search-key', 'aria-hidden': 'true' },
					'/'), this.clear),
			h('div', {
				class: 'chips', role: 'group', 'aria-label': 'State',
			}, ...filters.map((f) => this.chip(f))),
			this.filters.root, this.layoutButton);
		this.root = h('section', {
			class: 'wall', 'aria-label': 'Guests',
		}, h('h1', { class: 'unseen' }, 'Guests'), this.tools, this.banner,
		this.list, this.nothing, this.count);
		this.list.addEventListener('keydown', (e) => this.walk(e));
		options.jobs.listen(() => this.draw());
		this.drawLayout();
		this.skeleton();
	}

	start(): void {
		this.poll.start();
	}

	stop(): void {
		this.poll.stop();
	}

	focusSearch(): void {
		this.search.focus();
		this.search.select();
	}

	guest(id: string): Guest | undefined {
		return this.all?.find((g) => g.id === id);
	}

	/* Something has changed that the list tells of. */
	ask(): void {
		void this.poll.now();
	}

	private async refresh(): Promise<boolean> {
		try {
			const { guests, errors, tagStyles } = await fetchGuests();

			this.all = guests.sort(byPlace);
			this.styles = tagStyles;
			this.drawMissing(errors);
			this.root.classList.remove('wall-stale');
			this.filters.update(this.all);
			this.draw();
			this.options.changed();
			return true;
		} catch (problem) {
			this.failed(problem);
			return false;
		}
	}

	/* The others are shown: one hypervisor that is away hides only its own. */
	private drawMissing(errors: ProfileError[]): void {
		show(this.banner, errors.length > 0);
		if (errors.length === 0)
			return;
		replace(this.banner, icon('warning'), h('span', null,
			...errors.map((e) => h('span', { class: 'alert-line' },
				h('strong', null, e.profile),
				` is missing from this list: ${e.detail}`))));
	}

	private failed(problem: unknown): void {
		if (problem instanceof Problem && problem.status === 401) {
			this.options.signedOut();
			return;
		}
		const words = problem instanceof Problem ? problem.detail :
			'The list of guests could not be read.';

		replace(this.banner, icon('warning'), h('span', null, words,
			this.all ? ' What you see may be old. ' : ' ',
			'Trying again by itself.'));
		show(this.banner, true);
		this.root.classList.toggle('wall-stale', this.all !== null);
		if (!this.all)
			this.list.replaceChildren();
	}

	private chip(name: Status | 'all'): HTMLButtonElement {
		const button = h('button', {
			type: 'button', class: 'chip', 'data-status': name,
			'aria-pressed': String(name === this.filter),
			on: {
				click: () => {
					this.filter = name;
					this.draw();
				},
			},
		}, h('span', null, name), h('span', { class: 'chip-count' }));

		this.chips.set(name, button);
		return button;
	}

	private setSearch(words: string): void {
		this.search.value = words;
		this.draw();
		this.search.focus();
	}

	private words(): string[] {
		return this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
	}

	/* Redraws everything that depends on the list, the search or the tabs. */
	draw(): void {
		if (!this.all)
			return;
		const words = this.words();
		const found = this.all.filter((g) => matches(g, words) &&
			this.filters.matches(g));
		const shown = found.filter((g) => this.filter === 'all' ||
			g.status === this.filter);

		show(this.clear, this.search.value !== '');
		this.drawChips(found);
		this.drawCards(shown);
		this.drawNothing(shown.length);
		text(this.count, `${shown.length} of ${this.all.length} guests`);
	}

	private drawChips(found: Guest[]): void {
		for (const [name, button] of this.chips) {
			const n = name === 'all' ? found.length :
				found.filter((g) => g.status === name).length;
			const any = name === 'all' || name === 'running' ||
				name === 'stopped' || name === this.filter ||
				(this.all ?? []).some((g) => g.status === name);

			text(button.querySelector('.chip-count') as Element, String(n));
			attribute(button, 'aria-pressed', String(name === this.filter));
			show(button, any);
		}
	}

	private section(name: string): HTMLElement {
		let section = this.sections.get(name);

		if (!section) {
			section = h('section', { class: 'group', 'aria-label': name },
				h('h2', { class: 'group-name' }, name,
					h('span', { class: 'group-count' })),
				h('div', { class: 'group-cards' }));
			this.sections.set(name, section);
		}
		return section;
	}

	private card(guest: Guest): Card {
		let card = this.cards.get(guest.id);

		if (!card) {
			card = new Card(guest, {
				open: this.options.open, jobs: this.options.jobs,
				filterTag: (tag) => this.filters.setTag(tag),
			});
			this.cards.set(guest.id, card);
		}
		card.update(guest, this.options.openKinds(guest.id), this.styles);
		return card;
	}

	private drawCards(shown: Guest[]): void {
		const groups = new Map<string, Node[]>();

		for (const guest of shown) {
			const group = groupOf(guest);
			const nodes = groups.get(group) ?? [];

			nodes.push(this.card(guest).root);
			groups.set(group, nodes);
		}
		const known = new Set(this.all?.map((g) => g.id));

		for (const [id, card] of this.cards) {
			if (!known.has(id)) {
				card.close();
				this.cards.delete(id);
			}
		}
		sync(this.list, [...groups].map(([name, nodes]) => {
			const section = this.section(name);

			sync(section.querySelector('.group-cards') as Element, nodes);
			text(section.querySelector('.group-count') as Element,
				String(nodes.length));
			return section;
		}));
		attribute(this.list, 'aria-busy', null);
	}

	private drawNothing(shown: number): void {
		const empty = this.all?.length === 0 && this.banner.hidden;

		show(this.tools, !empty);
		show(this.nothing, shown === 0);
		if (shown > 0)
			return;
		if (empty) {
			if (!this.nothing.querySelector('.empty'))
				replace(this.nothing, emptyWall(this.options.admin));
			return;
		}
		if (this.all?.length === 0) {
			replace(this.nothing);
			return;
		}
		replace(this.nothing, h('p', { class: 'no-match' },
			'No guest matches.'), h('button', {
			type: 'button', class: 'button', on: {
				click: () => {
					this.filter = 'all';
					this.filters.clear();
					this.setSearch('');
				},
			},
		}, 'Show all'));
	}

	private skeleton(): void {
		attribute(this.list, 'aria-busy', 'true');
		this.list.append(h('div', { class: 'group-cards' },
			...Array.from({ length: 8 }, () =>
				h('div', { class: 'card skeleton' }))));
	}

	private toggleLayout(): void {
		this.prefs.layout = this.prefs.layout === 'cards' ? 'rows' : 'cards';
		save('wall', this.prefs);
		this.drawLayout();
	}

	private drawLayout(): void {
		const rows = this.prefs.layout === 'rows';
		const label = rows ? 'Show as cards' : 'Show as rows';

		this.root.classList.toggle('wall-rows', rows);
		attribute(this.layoutButton, 'aria-label', label);
		attribute(this.layoutButton, 'data-tip', label);
		replace(this.layoutButton, icon(rows ? 'grid' : 'rows'));
	}

	private searchKey(event: KeyboardEvent): void {
		const first = this.list.querySelector<HTMLElement>('.kind');

		if (event.key === 'Escape' && this.search.value) {
			this.setSearch('');
		} else if (event.key === 'ArrowDown' && first) {
			event.preventDefault();
			first.focus();
		} else if (event.key === 'Enter') {
			this.openFirst();
		}
	}

	private openFirst(): void {
		const words = this.words();
		const guest = this.all?.find((g) => words.length > 0 &&
			matches(g, words) && this.filters.matches(g) &&
			firstKind(g) !== null);
		const kind = guest && firstKind(guest);

		if (guest && kind)
			this.options.open(guest, kind);
	}

	/* The arrow keys walk over the cards as they stand on the page. */
	private walk(event: KeyboardEvent): void {
		const from = (event.target as Element).closest('.card');
		const way = ({
			ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1],
			ArrowUp: [0, -1],
		} as Record<string, [number, number]>)[event.key];

		if (!from || !way)
			return;
		event.preventDefault();
		const to = neighbour(from, [...this.list.querySelectorAll('.card')],
			way);

		if (to) {
			(to.querySelector<HTMLElement>('.kind:not([aria-disabled])') ??
				to.querySelector<HTMLElement>('.kind'))?.focus();
		} else if (event.key === 'ArrowUp') {
			this.search.focus();
		}
	}
}

/* Puts the children in this order and touches only what is out of place. */
function sync(parent: Element, nodes: Node[]): void {
	nodes.forEach((node, i) => {
		if (parent.childNodes[i] !== node)
			parent.insertBefore(node, parent.childNodes[i] ?? null);
	});
	while (parent.childNodes.length > nodes.length)
		parent.lastChild?.remove();
}

function neighbour(from: Element, all: Element[],
	[dx, dy]: [number, number]): Element | null {
	if (dx !== 0)
		return all[all.indexOf(from) + dx] ?? null;
	const own = from.getBoundingClientRect();
	let best: Element | null = null;
	let bestAway = Infinity;

	for (const other of all) {
		const r = other.getBoundingClientRect();
		const down = (r.top - own.top) * dy;
		const away = down * 3 + Math.abs(r.left - own.left);

		if (down > 4 && away < bestAway) {
			best = other;
			bestAway = away;
		}
	}
	return best;
}
