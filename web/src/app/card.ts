/* One guest on the wall. A card is made once and then kept up to date. */
import { attribute, h, replace, show, text } from '../lib/dom';
import { icon, type IconName } from '../lib/icons';
import type { Guest, Kind } from '../lib/types';
import { kinds, kindsOf, whyNot } from '../lib/kinds';

const typeIcons: Record<string, IconName> = {
	qemu: 'machine', lxc: 'container', static: 'plug', sandbox: 'box',
	node: 'serial',
};
const typeWords: Record<string, string> = {
	qemu: 'VM', lxc: 'Container', static: 'Fixed address',
	sandbox: 'Sandbox', node: 'Node',
};
const TAG_COLOURS = 8;

/* The same tag has the same colour in every browser. */
function tagColour(tag: string): number {
	let sum = 0;

	for (const character of tag)
		sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65521;
	return sum % TAG_COLOURS;
}

export class Card {
	readonly root: HTMLElement;
	private readonly icon = h('span', { class: 'card-icon' });
	private readonly name = h('h3', { class: 'card-name' });
	private readonly id = h('span', { class: 'card-id' });
	private readonly status = h('span', { class: 'status' });
	private readonly place = h('span', { class: 'card-place' });
	private readonly tags = h('span', { class: 'card-tags' });
	private readonly buttons = h('div', { class: 'card-kinds' });
	private readonly reason = h('p', {
		class: 'card-reason', hidden: true, role: 'status',
	});
	private drawn = '';

	constructor(public guest: Guest,
		private readonly openKind: (guest: Guest, kind: Kind) => void,
		private readonly filterTag: (tag: string) => void) {
		this.root = h('article', { class: 'card' },
			this.icon,
			h('div', { class: 'card-head' }, this.name, this.id),
			this.status,
			h('div', { class: 'card-facts' }, this.place, this.tags),
			this.buttons, this.reason);
		this.root.addEventListener('dblclick', (e) => {
			if (!(e.target as Element).closest('button') &&
				!whyNot(this.guest, 'vnc'))
				this.openKind(this.guest, 'vnc');
		});
		this.update(guest, 0);
	}

	update(guest: Guest, open: number): void {
		const key = JSON.stringify([guest, open]);

		if (key === this.drawn)
			return;
		this.drawn = key;
		this.guest = guest;
		text(this.name, guest.name || guest.id);
		attribute(this.name, 'title', guest.name);
		text(this.id, guest.id);
		replace(this.icon, icon(typeIcons[guest.type] ?? 'machine'));
		attribute(this.root, 'data-live', guest.status === 'running' ||
			!whyNot(guest, 'vnc'));
		/* nobody can know it of an address, so nothing is said */
		show(this.status, guest.type !== 'static' ||
			guest.status !== 'unknown');
		attribute(this.status, 'data-status', guest.status);
		text(this.status, guest.status);
		text(this.place, [typeWords[guest.type] ?? guest.type, guest.node]
			.filter(Boolean).join(' on '));
		this.drawTags(guest.tags ?? []);
		this.drawKinds(open);
	}

	private drawTags(tags: string[]): void {
		replace(this.tags, ...tags.map((tag) => h('button', {
			type: 'button', class: `tag tag-${tagColour(tag)}`,
			'aria-label': `Show only guests tagged ${tag}`,
			on: { click: () => this.filterTag(tag) },
		}, tag)));
	}

	/* The focus must survive a refresh that changes a card. */
	private drawKinds(open: number): void {
		const focused = this.buttons.contains(document.activeElement) ?
			document.activeElement?.getAttribute('data-kind') : null;

		replace(this.buttons, ...kindsOf(this.guest).map((kind) =>
			this.kindButton(kind, kind === 'vnc' && open > 0)));
		if (focused) {
			this.buttons.querySelector<HTMLElement>(
				`[data-kind="${focused}"]`)?.focus();
		}
		this.reason.hidden = true;
	}

	private kindButton(kind: Kind, open: boolean): HTMLElement {
		const why = whyNot(this.guest, kind);
		const info = kinds[kind];
		const name = this.guest.name || this.guest.id;
		const label = why ? `${info.label} of ${name}: ${why}` : open ?
			`Go to the ${info.label.toLowerCase()} of ${name}` :
			`Open the ${info.label.toLowerCase()} of ${name}`;

		return h('button', {
			type: 'button', class: 'kind', 'data-kind': kind,
			'aria-label': label, 'aria-disabled': why ? 'true' : null,
			'data-tip': why || null, 'data-open': open,
			on: { click: () => this.pressed(kind, why) },
		}, icon(info.icon), h('span', null, info.label));
	}

	private pressed(kind: Kind, why: string): void {
		if (!why) {
			this.openKind(this.guest, kind);
			return;
		}
		text(this.reason, why);
		this.reason.hidden = !this.reason.hidden;
	}

	get opener(): HTMLElement | null {
		return this.buttons.querySelector<HTMLElement>(
			'.kind:not([aria-disabled])') ??
			this.buttons.querySelector<HTMLElement>('.kind');
	}
}
