/*
 * The part of the bar that a picture has, however it is carried: keys,
 * clipboard, display, and the keyboard of a phone.
 */
import { h } from '../lib/dom';
import { icon } from '../lib/icons';
import { load, save } from '../lib/prefs';
import { ctrlAltDelete, press, type Send } from './keys';
import { clipboardPanel, displayPanel, keysPanel } from './panels';
import { SoftKeys } from './softkeys';
import type { Frame, May } from './viewer';

export type Scale = 'fit' | 'remote' | 'native';

export interface Settings {
	scale: Scale;
	viewOnly: boolean;
	quality: number;
	compression: number;
	dot: boolean;
}

const CLIPBOARD_MAX = 256 * 1024; /* characters */

const defaults: Settings = {
	scale: 'fit', viewOnly: false, quality: 6, compression: 2, dot: false,
};

/* What a picture takes from its tools. */
export interface ScreenPort {
	key: Send;
	paste(words: string): string; /* "" when sent, else why not */
	/* viewOnly in it is what holds: by choice or by right */
	apply(settings: Settings): void;
}

export class ScreenTools {
	readonly tools: HTMLElement[];
	readonly soft: SoftKeys; /* its field stands in the viewer's host */
	private readonly settings: Settings;
	private readonly keys: ReturnType<typeof keysPanel>;
	private readonly clipboard: ReturnType<typeof clipboardPanel>;
	private readonly display: ReturnType<typeof displayPanel>;
	private readonly cad: HTMLButtonElement;
	private control = true;

	/*
	 * `given` comes from the address and wins over what was chosen before.
	 * tuned: the picture has a quality to choose.
	 */
	constructor(private readonly frame: Frame,
		private readonly port: ScreenPort, given: Partial<Settings> = {},
		tuned = true) {
		const store = `console.${frame.guest || 'plain'}`;

		this.settings = { ...load(store, defaults), ...given };
		this.keys = keysPanel(port.key, () => frame.focus());
		this.clipboard = clipboardPanel((words) => port.paste(words));
		this.display = displayPanel(this.settings, tuned, () => {
			save(store, this.settings);
			frame.changed();
		});
		this.soft = new SoftKeys(port.key);
		this.cad = this.cadButton();
		this.tools = [this.cad, this.softButton(), this.keys.panel.root,
			this.clipboard.panel.root, this.display.panel.root];
	}

	get viewOnly(): boolean {
		return this.settings.viewOnly;
	}

	allow(may: May): void {
		const viewOnly = !may.control || this.settings.viewOnly;
		const armed = may.live && !viewOnly;

		this.control = may.control;
		this.applyTo();
		this.display.lockViewOnly(!may.control);
		this.clipboard.setDenied(!may.clipboard, viewOnly);
		if (!armed)
			this.keys.panel.close(false);
		this.cad.disabled = !armed;
		this.keys.panel.button.disabled = !armed;
	}

	/* A picture that was made anew wants its settings. */
	applyTo(): void {
		this.port.apply({
			...this.settings,
			viewOnly: !this.control || this.settings.viewOnly,
		});
	}

	/* The guest takes no text, and why; after each allow(). */
	noClipboard(why: string): void {
		this.clipboard.setNobody(why);
	}

	/* A guest may have copied more than a page can show. */
	fromGuest(words: string): void {
		this.clipboard.fromGuest(words.slice(0, CLIPBOARD_MAX));
	}

	release(): void {
		this.keys.releaseAll();
	}

	private cadButton(): HTMLButtonElement {
		return h('button', {
			type: 'button', class: 'bar-button wide-only',
			'data-tip': 'Send Ctrl+Alt+Del to the guest',
			on: {
				click: () => {
					press(this.port.key, ctrlAltDelete);
					this.frame.focus();
				},
			},
		}, 'Ctrl+Alt+Del');
	}

	private softButton(): HTMLButtonElement {
		return h('button', {
			type: 'button', class: 'icon-button touch-only',
			'aria-label': 'On-screen keyboard',
			/* a press must not take the focus from the hidden field */
			on: {
				pointerdown: (e) => e.preventDefault(),
				click: () => this.soft.toggle(),
			},
		}, icon('keyboard'));
	}
}
