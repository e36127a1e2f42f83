/*
 * From one console of a guest to its others: a button for each kind the guest
 * has, in the bar. A kind that cannot be had says why.
 */
import { guest as askGuest } from '../lib/api';
import { attribute, h, replace, show } from '../lib/dom';
import { icon } from '../lib/icons';
import { kinds, kindsOf, whyNot } from '../lib/kinds';
import { notice } from '../lib/notice';
import type { Guest, Kind } from '../lib/types';

export class KindSwitch {
	readonly root = h('div', {
		class: 'kind-switch', role: 'group', hidden: true,
		'aria-label': 'Kind of console',
	});
	private guest: Guest | null = null;

	constructor(private readonly id: string, private kind: Kind,
		private readonly choose: (kind: Kind) => void) {
	}

	/* What the guest has now; it may have been started meanwhile. */
	async refresh(): Promise<void> {
		try {
			this.guest = await askGuest(this.id);
		} catch {
			return; /* what was known stays */
		}
		this.draw();
	}

	set current(kind: Kind) {
		this.kind = kind;
		this.draw();
	}

	private draw(): void {
		const { guest } = this;
		const there = guest ? kindsOf(guest) : [];
		const had = this.root.contains(document.activeElement) ?
			document.activeElement?.getAttribute('data-kind') : null;

		show(this.root, there.length > 1);
		if (!guest)
			return;
		replace(this.root, ...there.map((k) => this.button(guest, k)));
		if (had)
			this.root.querySelector<HTMLElement>(
				`[data-kind="${had}"]`)?.focus();
	}

	private button(guest: Guest, kind: Kind): HTMLElement {
		const { label, icon: glyph } = kinds[kind];
		const on = kind === this.kind;
		const why = on ? '' : whyNot(guest, kind);
		const button = h('button', {
			type: 'button', class: 'kind-choice', 'data-kind': kind,
			'aria-pressed': String(on),
			'aria-label': why ? `${label}: ${why}` : label,
			'data-tip': why || (on ? label : `Switch to: ${label}`),
			on: { click: () => why ? notice(why) : this.choose(kind) },
		}, icon(glyph), h('span', { class: 'caption' }, label));

		attribute(button, 'aria-disabled', why ? 'true' : null);
		return button;
	}
}
