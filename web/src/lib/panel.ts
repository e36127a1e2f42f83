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
	floating?: boolean; /* over everything, where its place would cut it */
	opened?: () => void;
	closed?: () => void;
}

const GAP = 8;
const sheet = matchMedia('(max-width: 640px)'); /* there it is one */

export class Panel {
	readonly root: HTMLElement;
	readonly button: HTMLButtonElement;
	readonly body: HTMLElement;

	constructor(private readonly options: PanelOptions, ...children: Child[]) {
		const id = uniqueId('panel');

		this.body = h('div', {
			id, class: `panel ${options.className ?? ''}`, hidden: true,
			tabindex: -1,
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
		if (options.floating) {
			this.body.classList.add('panel-floating');
			this.body.addEventListener('keydown', (e) => this.key(e));
		}
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
		this.float();
		focusables(this.body)[0]?.focus({ preventScroll: true });
	}

	private float(): void {
		if (!this.options.floating)
			return;
		(document.fullscreenElement ?? document.querySelector('main') ??
			document.body).append(this.body);
		addEventListener('scroll', this.place, true);
		addEventListener('resize', this.place);
		this.place();
	}

	/* Below the button, or above it where there is more room. */
	readonly place = (): void => {
		if (!this.open || !this.options.floating)
			return;
		const own = this.body.getBoundingClientRect();
		const at = this.button.getBoundingClientRect();

		if (at.width === 0 || sheet.matches) {
			this.body.style.left = this.body.style.top = '';
			return;
		}
		const below = innerHeight - at.bottom - GAP * 2;
		const top = own.height <= below || at.top < below ?
			at.bottom + GAP : at.top - GAP - own.height;

		this.body.style.left = `${Math.max(GAP, Math.min(
			at.right - own.width, innerWidth - own.width - GAP))}px`;
		this.body.style.top = `${Math.max(GAP, Math.min(top,
			innerHeight - own.height - GAP))}px`;
	};

	private sink(): void {
		if (!this.options.floating)
			return;
		this.root.append(this.body);
		removeEventListener('scroll', this.place, true);
		removeEventListener('resize', this.place);
	}

	close(refocus: boolean): void {
		if (!this.open)
			return;
		this.body.hidden = true;
		this.sink();
		attribute(this.button, 'aria-expanded', 'false');
		document.removeEventListener('pointerdown', this.outside, true);
		if (refocus)
			this.button.focus();
		this.options.closed?.();
	}

	private readonly outside = (event: Event): void => {
		const { target } = event;

		/* a question that the panel asks is part of it */
		if (target instanceof Element && !this.root.contains(target) &&
			!this.body.contains(target) && !target.closest('dialog'))
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
			event.target instanceof HTMLSelectElement ||
			event.target instanceof HTMLTextAreaElement;

		if (!step || own)
			return;
		const all = focusables(this.body);
		const here = all.indexOf(document.activeElement as HTMLElement);

		event.preventDefault();
		all[(here + step + all.length) % all.length]?.focus();
	}
}
