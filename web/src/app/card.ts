/* One guest on the wall. A card is made once and then kept up to date. */
import { readableOn } from '../lib/colour';
import { attribute, h, replace, show, text, uniqueId } from '../lib/dom';
import { icon, type IconName } from '../lib/icons';
import { firstKind, kinds, kindsOf, phraseOf, whyNot } from '../lib/kinds';
import type { Guest, Kind, TagStyles } from '../lib/types';
import { verbs } from '../lib/verbs';
import type { Jobs } from './jobs';
import { marksOf, systemOf } from './marks';
import { doVerb, GuestMenu, jobLine, verbsOf } from './menu';

const typeIcons: Record<string, IconName> = {
	qemu: 'machine', lxc: 'container', static: 'plug', sandbox: 'box',
	node: 'chip',
};
const typeWords: Record<string, string> = {
	qemu: 'VM', lxc: 'Container', static: 'Fixed address',
	sandbox: 'Sandbox', node: 'Node',
};
const TAG_COLOURS = 8;
const TAGS_MAX = 12; /* shown; the filter knows them all */

/* The same tag has the same colour in every browser. */
function tagColour(tag: string): number {
	let sum = 0;

	for (const character of tag)
		sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65521;
	return sum % TAG_COLOURS;
}

export function typeWord(type: string): string {
	return Object.hasOwn(typeWords, type) ? typeWords[type] ?? type : type;
}

function iconOf(type: string): IconName {
	return Object.hasOwn(typeIcons, type) ? typeIcons[type] ?? 'machine' :
		'machine';
}

/* "Debian container on pve1, pool shop" */
function placeOf({ type, node, pool, marks }: Guest): string {
	const system = systemOf(marks);
	const word = typeWord(type);

	return [system, system && type === 'lxc' ? 'container' : word,
		node && type !== 'node' ? `on ${node}` : '',
		pool ? `\u00b7 ${pool}` : ''].filter(Boolean).join(' ');
}

export interface CardOptions {
	open(guest: Guest, kind: Kind): void;
	filterTag(tag: string): void;
	jobs: Jobs;
}

export class Card {
	readonly root: HTMLElement;
	private readonly icon = h('span', { class: 'card-icon' });
	private readonly name = h('h3', { class: 'card-name' });
	private readonly id = h('span', { class: 'card-id' });
	private readonly status = h('span', { class: 'status' });
	private readonly place = h('span', { class: 'card-place' });
	private readonly tags = h('span', { class: 'card-tags' });
	private readonly marks = h('div', { class: 'card-marks' });
	private readonly buttons = h('div', { class: 'card-kinds' });
	private readonly menu: GuestMenu;
	private readonly job = h('div', { class: 'card-job' });
	private readonly reason = h('div', {
		class: 'card-reason', hidden: true, role: 'status',
		id: uniqueId('reason'),
	});
	private told: Kind | null = null; /* whose reason is shown */
	private readonly drawn = new Map<string, string>();

	constructor(public guest: Guest, private readonly options: CardOptions) {
		this.menu = new GuestMenu(guest, options.jobs, 'icon-button card-menu');
		this.root = h('article', { class: 'card' },
			this.icon,
			h('div', { class: 'card-head' }, this.name, this.id),
			this.status,
			h('div', { class: 'card-facts' }, this.place, this.tags),
			this.marks,
			h('div', { class: 'card-foot' }, this.buttons, this.menu.root),
			this.job, this.reason);
		this.root.addEventListener('dblclick', (e) => {
			if (!(e.target as Element).closest('button'))
				this.openFirst();
		});
		this.update(guest, {}, {});
	}

	/* Gone from the wall for good. */
	close(): void {
		this.menu.close();
		this.root.remove();
	}

	/* Does this part look different now? */
	private differs(part: string, ...of: unknown[]): boolean {
		const key = JSON.stringify(of);
		const same = this.drawn.get(part) === key;

		this.drawn.set(part, key);
		return !same;
	}

	/* open: which of its consoles have a tab */
	update(guest: Guest, open: Partial<Record<Kind, boolean>>,
		styles: TagStyles): void {
		const job = this.options.jobs.of(guest.id);

		this.guest = guest;
		this.drawHead(guest);
		if (this.differs('marks', guest.marks, guest.status))
			replace(this.marks, ...marksOf(guest));
		if (this.differs('tags', guest.tags, styles))
			this.drawTags(guest.tags ?? [], styles);
		if (this.differs('kinds', guest.kinds, guest.power, guest.rights,
			open, job?.state, firstKind(guest)))
			this.drawKinds(open);
		if (this.differs('job', job)) {
			/* what is done shows in its state */
			replace(this.job, job && job.state !== 'done' && jobLine(job,
				() => this.options.jobs.putAway(guest.id)));
		}
		if (this.differs('menu', guest.power, guest.snapshots, guest.kinds,
			guest.name))
			this.menu.update(guest);
	}

	private drawHead(guest: Guest): void {
		text(this.name, guest.name || guest.id);
		attribute(this.name, 'title', guest.name);
		text(this.id, guest.id);
		if (this.differs('icon', guest.type))
			replace(this.icon, icon(iconOf(guest.type)));
		attribute(this.root, 'data-live', guest.status === 'running' ||
			firstKind(guest) !== null);
		/* nobody can know it of an address, so nothing is said */
		show(this.status, guest.type !== 'static' ||
			guest.status !== 'unknown');
		attribute(this.status, 'data-status', guest.status);
		text(this.status, guest.status);
		text(this.place, placeOf(guest));
	}

	private drawTags(tags: string[], styles: TagStyles): void {
		const more = tags.length - TAGS_MAX;

		replace(this.tags, ...tags.slice(0, TAGS_MAX).map((tag) => {
			const style = Object.hasOwn(styles, tag) ? styles[tag] : null;
			const ink = readableOn(style?.background, style?.color);
			const button = h('button', {
				type: 'button', class: `tag tag-${tagColour(tag)}`,
				'aria-label': `Show only guests tagged ${tag}`,
				on: { click: () => this.options.filterTag(tag) },
			}, tag);

			if (style && ink) {
				button.classList.add('tag-own');
				button.style.background = style.background;
				button.style.color = ink;
			}
			return button;
		}), more > 0 && h('span', { class: 'tag-more' }, `and ${more} more`));
	}

	/* The focus must survive a refresh that changes a card. */
	private drawKinds(open: Partial<Record<Kind, boolean>>): void {
		const focused = this.buttons.contains(document.activeElement) ?
			document.activeElement?.getAttribute('data-kind') : null;

		replace(this.buttons, ...this.kindButtons(open));
		if (focused) {
			this.buttons.querySelector<HTMLElement>(
				`[data-kind="${focused}"]`)?.focus();
		}
		if (this.told && (!whyNot(this.guest, this.told) ||
			!this.guest.kinds[this.told]))
			this.tell(null);
	}

	/* Where no console can be had, one sentence says why for all of them. */
	private kindButtons(open: Partial<Record<Kind, boolean>>): Node[] {
		const { guest } = this;
		const all = kindsOf(guest);
		const starts = verbsOf(guest).find((v) => v === 'start' ||
			v === 'resume');

		if (guest.rights && !guest.rights.includes('view')) {
			return [h('p', { class: 'card-none' },
				'You may not open its consoles.')];
		}
		const none = all.length > 0 && all.every((k) => whyNot(guest, k));
		const same = none && new Set(all.map((k) => whyNot(guest, k)))
			.size === 1;
		const start = starts && none ? [this.startButton(starts)] : [];

		if (start.length > 0) /* its state says the rest */
			return start;
		if (same) {
			return [h('p', { class: 'card-none' },
				whyNot(guest, all[0] as Kind))];
		}
		return all.map((kind) =>
			this.kindButton(kind, open[kind] === true));
	}

	private startButton(verb: 'start' | 'resume'): HTMLElement {
		const { guest, options } = this;
		const name = guest.name || guest.id;

		return h('button', {
			type: 'button', class: 'kind', 'data-kind': verb,
			'aria-label': `${verbs[verb].label} ${name}`,
			disabled: options.jobs.of(guest.id)?.state === 'running',
			on: { click: () => void doVerb(guest, verb, options.jobs) },
		}, icon('play'), h('span', null, verbs[verb].label));
	}

	private kindButton(kind: Kind, open: boolean): HTMLElement {
		const why = whyNot(this.guest, kind);
		const info = kinds[kind];
		const name = this.guest.name || this.guest.id;
		const label = why ? `${info.label} of ${name}: ${why}` :
			`${open ? 'Go to' : 'Open'} the ${phraseOf(kind)} of ${name}`;

		return h('button', {
			type: 'button', class: 'kind', 'data-kind': kind,
			'aria-label': label, 'aria-disabled': why ? 'true' : null,
			'data-tip': why || null, 'data-open': open,
			'data-first': kind === firstKind(this.guest),
			on: {
				click: () => why ? this.tell(kind) :
					this.options.open(this.guest, kind),
			},
		}, icon(info.icon), h('span', null, info.label));
	}

	openFirst(): void {
		const kind = firstKind(this.guest);

		if (kind)
			this.options.open(this.guest, kind);
	}

	/* Why there is no such console, and the next best one (R89). */
	private tell(kind: Kind | null): void {
		const other = firstKind(this.guest);

		this.told = kind === this.told ? null : kind;
		show(this.reason, this.told !== null);
		if (!this.told)
			return;
		replace(this.reason, h('span', null,
			whyNot(this.guest, this.told)), other ? h('button', {
			type: 'button', class: 'link-button', on: {
				click: () => this.options.open(this.guest, other),
			},
		}, `Open the ${phraseOf(other)} instead`) : null);
	}
}
