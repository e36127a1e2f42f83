/*
 * A VNC console as it stands in the page: toolbar, picture, and what is said
 * over it. The wall puts several of them into tabs, /console/ shows one.
 */
import { attribute, focusables, h, replace, show, text, uniqueId } from
	'../lib/dom';
import { icon } from '../lib/icons';
import { load, save } from '../lib/prefs';
import { ctrlAltDelete, press, watchLeaveChord, type Send } from './keys';
import { Line, type Source } from './line';
import { Overlay } from './overlay';
import { aboutPanel, clipboardPanel, displayPanel, fillFacts, keysPanel } from
	'./panels';
import { Screen, type Settings } from './screen';
import { SoftKeys } from './softkeys';

export interface ViewOptions {
	guest: string;  /* "" for a plain address */
	title: string;
	source: Source;
	changed: () => void;
	signIn: () => void;
	guests: (() => void) | null;
	settings?: Partial<Settings>; /* these come from the address */
	prepare?: (screen: Screen, line: Line) => void;
}

const defaults: Settings = {
	scale: 'fit', viewOnly: false, quality: 6, compression: 2, dot: false,
};

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
	readonly line: Line;
	readonly screen: Screen;
	private readonly overlay: Overlay;
	private readonly settings: Settings;
	private readonly stage = h('div', { class: 'stage' });
	private readonly bar: HTMLElement;
	private readonly dot = h('span', { class: 'dot', 'aria-hidden': 'true' });
	private readonly stateText = h('span', { class: 'bar-state' });
	private readonly latency = h('span', { class: 'bar-latency' });
	private readonly sealed = h('span', { class: 'badge', hidden: true });
	private readonly keys: ReturnType<typeof keysPanel>;
	private readonly clipboard: ReturnType<typeof clipboardPanel>;
	private readonly display: ReturnType<typeof displayPanel>;
	private readonly about: ReturnType<typeof aboutPanel>;
	private readonly soft: SoftKeys;
	private readonly full: HTMLButtonElement;
	private readonly cad: HTMLButtonElement;
	private wantsFocus = false;
	private mayType = true;
	private was = '';

	constructor(private readonly options: ViewOptions) {
		const send: Send = (keysym, code, down) =>
			this.screen.rfb?.sendKey(keysym, code || null, down);
		const store = `console.${options.guest || 'plain'}`;

		this.settings = { ...load(store, defaults), ...options.settings };
		this.screen = new Screen(`Screen of ${options.title}`,
			{ ...this.settings }, {
				clipboard: (t) => this.clipboard.fromGuest(t),
				credentials: (types) => this.askCredentials(types),
				bell: () => this.flash(),
			});
		this.overlay = new Overlay(options.title, {
			again: () => this.line.open(),
			takeOver: () => this.line.open(true),
			signIn: options.signIn,
			guests: options.guests,
			tryNow: () => this.line.tryNow(),
			giveUp: () => this.line.disconnect(),
		});
		this.keys = keysPanel(send, () => this.focus());
		this.clipboard = clipboardPanel((t) =>
			this.screen.rfb?.clipboardPasteFrom(t));
		this.display = displayPanel(this.settings, () => {
			save(store, this.settings);
			this.apply();
		});
		this.about = aboutPanel(() => this.line.disconnect());
		this.soft = new SoftKeys(send);
		this.full = this.fullButton();
		this.cad = h('button', {
			type: 'button', class: 'bar-button wide-only',
			'data-tip': 'Send Ctrl+Alt+Del to the guest',
			on: {
				click: () => {
					press(send, ctrlAltDelete);
					this.focus();
				},
			},
		}, 'Ctrl+Alt+Del');
		this.bar = this.toolbar();
		this.stage.append(this.screen.host, this.overlay.root,
			this.soft.field);
		this.root = h('section', {
			class: 'console', 'aria-label': `Console of ${options.title}`,
		}, this.bar, this.stage);
		watchLeaveChord(this.screen.host, () => this.focusBar());
		this.line = new Line(options.source, this.screen,
			() => this.render());
		options.prepare?.(this.screen, this.line);
	}

	open(): void {
		this.wantsFocus = true;
		this.line.open();
	}

	close(): void {
		this.keys.releaseAll();
		this.line.close();
		this.root.remove();
	}

	/* To where typing makes sense now. */
	focus(): void {
		if (this.line.state.name === 'connected') {
			this.screen.focus();
		} else {
			this.wantsFocus = true;
			this.overlay.focus();
		}
	}

	private toolbar(): HTMLElement {
		const soft = h('button', {
			type: 'button', class: 'icon-button touch-only',
			'aria-label': 'On-screen keyboard',
			/* a press must not take the focus from the hidden field */
			on: {
				pointerdown: (e) => e.preventDefault(),
				click: () => this.soft.toggle(),
			},
		}, icon('keyboard'));
		const bar = h('div', {
			class: 'bar', role: 'toolbar',
			'aria-label': `Console of ${this.options.title}`,
		},
		h('div', { class: 'bar-who' }, this.dot,
			h('span', { class: 'bar-title' }, this.options.title),
			this.stateText, this.latency, this.sealed),
		h('div', { class: 'bar-tools' }, this.cad, soft,
			this.keys.panel.root, this.clipboard.panel.root,
			this.display.panel.root, this.about.panel.root, this.full));

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

		if (!step || target.closest('.panel'))
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

	private fullButton(): HTMLButtonElement {
		const button = h('button', { type: 'button', class: 'icon-button' });
		const draw = (): void => {
			const on = document.fullscreenElement === this.root;
			const label = on ? 'Leave full screen' : 'Full screen';

			attribute(button, 'aria-label', label);
			attribute(button, 'data-tip', label);
			replace(button, icon(on ? 'restore' : 'full'));
		};

		draw();
		document.addEventListener('fullscreenchange', draw);
		button.addEventListener('click', () => void this.toggleFull());
		show(button, document.fullscreenEnabled);
		return button;
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

	private apply(): void {
		const rights = this.line.access?.rights ?? [];
		const locked = this.line.access !== null &&
			!rights.includes('control');
		const deny = this.line.access?.deny ?? [];
		const viewOnly = locked || this.settings.viewOnly;

		this.screen.apply({ ...this.settings, viewOnly });
		this.display.lockViewOnly(locked);
		this.clipboard.setDenied(deny.includes('clipboard'), viewOnly);
		this.mayType = !viewOnly;
		const seals = [viewOnly ? 'View only' : '',
			deny.length > 0 ? `Sealed: ${deny.join(', ')}` : '']
			.filter(Boolean).join(' \u00b7 ');

		this.armKeys(this.mayType && this.line.state.name === 'connected');
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
		this.overlay.render(state);
		if (changed && state.name !== 'connecting')
			this.dropCredentials();
		if (changed)
			this.entered(state.name);
		this.armKeys(this.mayType && state.name === 'connected');
		this.fillAbout();
		this.options.changed();
	}

	private armKeys(on: boolean): void {
		if (!on)
			this.keys.panel.close(false);
		this.cad.disabled = !on;
		this.keys.panel.button.disabled = !on;
	}

	private entered(name: string): void {
		if (name === 'connected') {
			this.apply();
			if (this.mayTakeFocus())
				this.screen.focus();
			this.wantsFocus = false;
		} else if (name === 'ended') {
			this.keys.releaseAll();
			this.screen.clear();
			if (this.mayTakeFocus())
				this.overlay.focus();
		} else if (name === 'lost' && this.mayTakeFocus()) {
			this.wantsFocus = true;
		}
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
		const rows: [string, string][] = [
			['Guest', this.options.guest || this.options.title],
			['State', words[state.name] ?? state.name],
			['You may', access ? access.rights.join(', ') : '\u2013'],
			['To the gateway', latency === null ? '\u2013' :
				`${Math.max(1, Math.round(latency))} ms round trip`],
		];

		fillFacts(this.about.facts, rows);
	}

	private flash(): void {
		this.stage.classList.remove('stage-bell');
		requestAnimationFrame(() => this.stage.classList.add('stage-bell'));
	}

	private dropCredentials(): void {
		this.stage.querySelector('.credentials')?.remove();
		this.overlay.hide(false);
	}

	/* Only a plain address ever asks: the gateway logs in by itself. */
	private askCredentials(types: string[]): void {
		const fields = types.filter((t) => t !== 'target').map((t) => {
			const id = uniqueId('credential');
			const input = h('input', {
				id, class: 'field', name: t, required: true,
				type: t === 'password' ? 'password' : 'text',
				autocomplete: 'off',
			});

			return { name: t, input, row: h('div', { class: 'form-row' },
				h('label', { for: id }, t === 'password' ?
					'Password of the screen' : 'User of the screen'),
				input) };
		});
		const form = h('form', {
			class: 'overlay overlay-shown credentials', on: {
				submit: (e) => {
					e.preventDefault();
					this.dropCredentials();
					this.screen.rfb?.sendCredentials(Object.fromEntries(
						fields.map((f) => [f.name, f.input.value])));
				},
			},
		}, h('div', { class: 'overlay-card' },
			h('h2', { class: 'overlay-title' }, 'This screen asks who you are'),
			...fields.map((f) => f.row),
			h('div', { class: 'overlay-buttons' }, h('button', {
				type: 'submit', class: 'button primary',
			}, 'Connect'))));

		this.dropCredentials();
		this.overlay.hide(true);
		this.stage.append(form);
		fields[0]?.input.focus();
	}
}
