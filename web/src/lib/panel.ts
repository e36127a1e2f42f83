/*
 * A button and the panel it opens. Escape and a click elsewhere close it, the
 * arrow keys walk through it, and the focus returns to the button.
 */
import { attribute, focusables, h, uniqueId, type Child } from './dom';
import { icon, type IconName } from './icons';

export interface PanelOptions {
	icon: IconName;
	label: string;
	tip?: string;
	className?: string;
	buttonClass?: string;
	caption?: string;
	opened?: () => void;
	closed?: () => void;
}

export class Panel {
	readonly root: HTMLElement;
	readonly button: HTMLButtonElement;
	readonly body: HTMLElement;

	constructor(private readonly options: PanelOptions, ...children: Child[]) {
		const id = uniqueId('panel');

		this.body = h('div', {
			id, class: `panel ${options.className ?? ''}`, hidden: true,
			role: 'group', 'aria-label': options.label,
		}, ...children);
		this.button = h('button', {
			type: 'button',
			class: options.buttonClass ?? 'icon-button',
			'aria-label': options.label,
			'aria-expanded': 'false',
			'aria-controls': id,
			'data-tip': options.tip ?? options.label,
			on: { click: () => this.toggle() },
		}, icon(options.icon), options.caption ?
			h('span', { class: 'caption' }, options.caption) : null);
		this.root = h('div', { class: 'panel-anchor' },
			this.button, this.body);
		this.root.addEventListener('keydown', (e) => this.key(e));
	}

	get open(): boolean {
		return !this.body.hidden;
	}

	toggle(): void {
		if (this.open)
			this.close(true);
		else
			this.show();
	}

	show(): void {
		this.body.hidden = false;
		attribute(this.button, 'aria-expanded', 'true');
		document.addEventListener('pointerdown', this.outside, true);
		this.options.opened?.();
		focusables(this.body)[0]?.focus();
	}

	close(refocus: boolean): void {
		if (!this.open)
			return;
		this.body.hidden = true;
		attribute(this.button, 'aria-expanded', 'false');
		document.removeEventListener('pointerdown', this.outside, true);
		if (refocus)
			this.button.focus();
		this.options.closed?.();
	}

	private readonly outside = (event: Event): void => {
		if (event.target instanceof Node && !this.root.contains(event.target))
			this.close(false);
	};

	private key(event: KeyboardEvent): void {
		if (!this.open)
			return;
		if (event.key === 'Escape') {
			event.stopPropagation();
			this.close(true);
			return;
		}
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
		const own = event.target instanceof HTMLInputElement ||
			event.target instanceof HTMLTextAreaElement;

		if (!step || own)
			return;
		const all = focusables(this.body);
		const here = all.indexOf(document.activeElement as HTMLElement);

		event.preventDefault();
		all[(here + step + all.length) % all.length]?.focus();
	}
}
