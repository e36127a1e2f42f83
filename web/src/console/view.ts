/*
 * The frame of a console as it stands in the page: toolbar, stage, and what is
 * said over it. What shows the console is a viewer (viewer.ts), one for each
 * kind; the kind may change while the frame stays. The wall puts several
 * frames into tabs, /console/ shows one.
 */
import { attribute, focusables, h, replace, show, text } from '../lib/dom';
import { icon } from '../lib/icons';
import { aboutPanel, fillFacts } from './about';
import { othersHelp } from './ends';
import { Line, type Source } from './line';
import { Overlay, type Other } from './overlay';
import type { Fact, Frame, Maker, Viewer } from './viewer';

/* One console: what shows it, and where access to it comes from. */
export interface Channel {
	maker: Maker;
	source: Source;
	prepare?: (line: Line) => void;
}

export interface ViewOptions {
	guest: string;  /* "" for a plain address */
	title: string;
	channel: Channel;
	changed: () => void;
	signIn: () => void;
	guests: (() => void) | null;
	/* after an end around which another way may lead */
	others?: () => Promise<Other[]>;
	tools?: HTMLElement[]; /* more for the bar, before those of the viewer */
	more?: HTMLElement[];   /* and after them */
	beside?: HTMLElement[]; /* beside its title */
}

const words: Record<string, string> = {
	asking: 'Asking', connecting: 'Connecting', connected: 'Connected',
	lost: 'Connection lost', ended: 'Ended',
};

interface KeyboardLock {
	lock?: () => Promise<void>;
	unlock?: () => void;
}

export class ConsoleView {
	readonly root: HTMLElement;
	line: Line;
	private viewer: Viewer;
	private readonly frame: Frame;
	private readonly overlay: Overlay;
	private readonly stage = h('div', { class: 'stage' });
	private readonly bar: HTMLElement;
	private readonly own = h('div', { class: 'bar-own' });
	private readonly dot = h('span', { class: 'dot', 'aria-hidden': 'true' });
	private readonly stateText = h('span', { class: 'bar-state' });
	private readonly latency = h('span', { class: 'bar-latency' });
	private readonly sealed = h('span', { class: 'badge', hidden: true });
	private readonly about: ReturnType<typeof aboutPanel>;
	private readonly full: HTMLButtonElement;
	private readonly drawFull: () => void;
	private covered: HTMLElement | null = null;
	private wantsFocus = false;
	private was = '';

	constructor(private readonly options: ViewOptions) {
		this.overlay = new Overlay(options.title, {
			again: () => this.line.open(),
			takeOver: () => this.line.open(true),
			signIn: options.signIn,
			guests: options.guests,
			tryNow: () => this.line.tryNow(),
			giveUp: () => this.line.disconnect(),
		});
		this.about = aboutPanel(() => this.line.disconnect());
		this.full = h('button', { type: 'button', class: 'icon-button' });
		this.drawFull = this.fullButton();
		this.bar = this.toolbar();
		this.stage.append(this.overlay.root);
		this.root = h('section', {
			class: 'console', 'aria-label': `Console of ${options.title}`,
		}, this.bar, this.stage);
		this.frame = {
			guest: options.guest,
			title: options.title,
			focus: () => this.focus(),
			focusBar: () => this.focusBar(),
			bell: () => this.flash(),
			changed: () => this.allow(),
			cover: (element) => this.cover(element),
		};
		[this.viewer, this.line] = this.take(options.channel);
	}

	open(): void {
		this.wantsFocus = true;
		this.line.open();
	}

	close(): void {
		document.removeEventListener('fullscreenchange', this.drawFull);
		this.drop();
		this.root.remove();
	}

	/* Show this guest by another channel; the old one is closed. */
	use(channel: Channel): void {
		this.drop();
		this.was = '';
		[this.viewer, this.line] = this.take(channel);
		this.open();
	}

	/* To where typing makes sense now. */
	focus(): void {
		if (this.line.state.name === 'connected') {
			this.viewer.focus();
		} else {
			this.wantsFocus = true;
			this.overlay.focus();
		}
	}

	private take({ maker, source, prepare }: Channel): [Viewer, Line] {
		const viewer = maker(this.frame);
		const line = new Line(source, viewer, () => this.render());

		replace(this.own, ...viewer.tools);
		this.stage.prepend(viewer.host);
		prepare?.(line);
		return [viewer, line];
	}

	private drop(): void {
		this.cover(null);
		this.viewer.release();
		this.line.close();
		this.viewer.dispose?.();
		this.viewer.host.remove();
	}

	private toolbar(): HTMLElement {
		const { title, tools, more, beside } = this.options;
		const bar = h('div', {
			class: 'bar', role: 'toolbar', 'aria-label': `Console of ${title}`,
		},
		h('div', { class: 'bar-who' }, this.dot,
			h('span', { class: 'bar-title' }, title), ...beside ?? [],
			this.stateText, this.latency, this.sealed),
		h('div', { class: 'bar-tools' }, ...tools ?? [], this.own, ...more ?? [],
			this.about.panel.root, this.full));

		bar.addEventListener('keydown', (e) => this.barKey(e));
		return bar;
	}

	private barKey(event: KeyboardEvent): void {
		if (event.key === 'Escape' && !event.defaultPrevented) {
			this.focus();
			return;
		}
		const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
		const target = event.target as HTMLElement;

		if (!step || target.closest('.panel, input, textarea'))
			return;
		const all = focusables(this.bar).filter((e) => !e.closest('.panel'));
		const next = (all.indexOf(target) + step + all.length) % all.length;

		event.preventDefault();
		all[next]?.focus();
	}

	private focusBar(): void {
		this.bar.classList.add('bar-held');
		focusables(this.bar)[0]?.focus();
		this.bar.addEventListener('focusout', () =>
			this.bar.classList.remove('bar-held'), { once: true });
	}

	private fullButton(): () => void {
		const draw = (): void => {
			const on = document.fullscreenElement === this.root;
			const label = on ? 'Leave full screen' : 'Full screen';

			attribute(this.full, 'aria-label', label);
			attribute(this.full, 'data-tip', label);
			replace(this.full, icon(on ? 'restore' : 'full'));
		};

		draw();
		document.addEventListener('fullscreenchange', draw);
		this.full.addEventListener('click', () => void this.toggleFull());
		show(this.full, document.fullscreenEnabled);
		return draw;
	}

	private async toggleFull(): Promise<void> {
		const { keyboard } = navigator as Navigator &
			{ keyboard?: KeyboardLock };

		try {
			if (document.fullscreenElement === this.root) {
				keyboard?.unlock?.();
				await document.exitFullscreen();
			} else {
				await this.root.requestFullscreen();
				/* where it exists, Alt+Tab and the like reach the guest */
				await keyboard?.lock?.();
			}
		} catch {
			/* the browser said no: nothing has changed */
		}
		this.focus();
	}

	/* Before the first access nobody knows better: nothing is locked then. */
	private allow(): void {
		const { access, state } = this.line;
		const control = !access || access.rights.includes('control');
		const deny = access?.deny ?? [];
		const seals = [!control || this.viewer.viewOnly ? 'View only' : '',
			deny.length > 0 ? `Sealed: ${deny.join(', ')}` : '']
			.filter(Boolean).join(' \u00b7 ');

		this.viewer.allow({
			live: state.name === 'connected', control,
			clipboard: !deny.includes('clipboard'),
		});
		text(this.sealed, seals);
		show(this.sealed, seals !== '');
		this.root.classList.toggle('console-sealed', deny.length > 0);
	}

	private render(): void {
		const { state } = this.line;
		const changed = state.name !== this.was;

		this.was = state.name;
		this.root.dataset['state'] = state.name;
		this.dot.dataset['state'] = state.name;
		text(this.stateText, words[state.name] ?? state.name);
		this.renderLatency();
		this.overlay.root.classList.toggle('overlay-aside',
			this.viewer.aside);
		this.overlay.render(state);
		if (changed && state.name !== 'connecting')
			this.cover(null);
		if (changed)
			this.entered(state.name);
		this.fillAbout();
		this.options.changed();
	}

	private entered(name: string): void {
		this.allow();
		if (name === 'connected') {
			if (this.mayTakeFocus())
				this.viewer.focus();
			this.wantsFocus = false;
		} else if (name === 'ended') {
			this.viewer.release();
			this.viewer.ended();
			void this.offerOthers();
			if (this.mayTakeFocus())
				this.overlay.focus();
		} else if (name === 'lost' && this.mayTakeFocus()) {
			this.wantsFocus = true;
		}
	}

	/* They are asked for: by then it may have been opened again. */
	private async offerOthers(): Promise<void> {
		const { state } = this.line;

		if (state.name !== 'ended' || !othersHelp(state.end))
			return;
		const others = await this.options.others?.() ?? [];

		if (this.line.state === state)
			this.overlay.offer(others);
	}

	/* Never from somebody who is busy elsewhere in the page. */
	private mayTakeFocus(): boolean {
		const { activeElement } = document;

		return this.root.isConnected && !this.root.inert &&
			(this.wantsFocus || activeElement === document.body ||
			this.stage.contains(activeElement));
	}

	private renderLatency(): void {
		const ms = this.line.state.name === 'connected' ?
			this.line.latency : null;

		text(this.latency, ms === null ? '' : `${Math.max(1,
			Math.round(ms))} ms`);
		attribute(this.latency, 'data-tip', ms === null ? null :
			'Round trip between this page and the gateway, asked every ' +
			'5 s. The way from there to the guest is not in it.');
	}

	private fillAbout(): void {
		const { access, latency, state } = this.line;
		const rows: Fact[] = [
			['Guest', this.options.guest || this.options.title],
			['State', words[state.name] ?? state.name],
			['You may', access ? access.rights.join(', ') : '\u2013'],
			['To the gateway', latency === null ? '\u2013' :
				`${Math.max(1, Math.round(latency))} ms round trip`],
			...this.viewer.facts(),
		];

		fillFacts(this.about.facts, rows);
	}

	private flash(): void {
		this.stage.classList.remove('stage-bell');
		requestAnimationFrame(() => this.stage.classList.add('stage-bell'));
	}

	private cover(element: HTMLElement | null): void {
		this.covered?.remove();
		this.covered = element;
		this.overlay.hide(element !== null);
		if (element) {
			this.stage.append(element);
			focusables(element)[0]?.focus();
		}
	}
}
