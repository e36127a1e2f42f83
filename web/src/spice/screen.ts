/*
 * Where the library draws: a canvas in an element of its own, laid out here.
 * The guest's dots are counted from what is shown, however it is scaled.
 */
import type { Scale } from '../console/screentools';
import { h, show } from '../lib/dom';
import type { Place } from './input';

export const SCREEN_ID = 'spice-screen';

const SETTLE_MS = 300;

export class Layout {
	readonly host: HTMLElement;
	private readonly inner = h('div', { id: SCREEN_ID });
	private scale: Scale = 'fit';
	private timer = 0;
	/* of a guest that moves its pointer itself */
	private readonly pointer = h('img', { class: 'spice-pointer', alt: '',
		hidden: true });
	private readonly hint = h('p', { class: 'spice-hint' },
		'Click to give the mouse to the guest, Esc takes it back.');
	private at = { x: 0, y: 0 };
	private spot = { x: 0, y: 0 };

	/* resize: to this size, if the guest can */
	constructor(label: string,
		private readonly resize: (width: number, height: number) => void) {
		this.host = h('div', {
			class: 'spice', tabindex: 0, role: 'application',
			'aria-label': label, 'aria-description': 'Keys go to the ' +
				'guest. Control, Alt and Shift together bring the focus ' +
				'back to the toolbar.',
		}, this.inner, this.hint);
		this.inner.append(this.pointer);
		document.addEventListener('pointerlockchange', () => this.draw());
		new ResizeObserver(() => this.changed()).observe(this.host);
	}

	get canvas(): HTMLCanvasElement | null {
		return this.inner.querySelector('canvas');
	}

	set(scale: Scale): void {
		if (scale === this.scale)
			return;
		this.scale = scale;
		this.changed();
	}

	/* The window or the guest's screen has another size. */
	changed(): void {
		const { canvas, host, inner } = this;

		if (!canvas)
			return;
		const factor = this.scale === 'fit' && host.clientWidth > 0 ?
			Math.min(host.clientWidth / canvas.width,
				host.clientHeight / canvas.height) : 1;

		host.dataset['scale'] = this.scale;
		canvas.setAttribute('aria-hidden', 'true');
		canvas.removeAttribute('tabindex');
		canvas.style.width = `${canvas.width * factor}px`;
		canvas.style.height = `${canvas.height * factor}px`;
		inner.style.height = canvas.style.height;
		this.draw();
		clearTimeout(this.timer);
		if (this.scale === 'remote')
			this.timer = window.setTimeout(() => this.ask(), SETTLE_MS);
	}

	/* X servers want their width as a multiple of eight. */
	ask(): void {
		const width = this.host.clientWidth & ~7;
		const height = this.host.clientHeight & ~7;
		const { canvas } = this;

		if (this.scale === 'remote' && width > 0 && height > 0 &&
			canvas && (canvas.width !== width || canvas.height !== height))
			this.resize(width, height);
	}

	/* relative: the guest draws a pointer of its own, when it has the mouse */
	setRelative(relative: boolean): void {
		this.host.dataset['mouse'] = relative ? 'guest' : 'shared';
		this.draw();
	}

	/* The library has set a shape, as the browser's pointer over `inner`. */
	shape(): void {
		const [, url, x = 0, y = 0] = /^url\("(.*?)"\) (\d+) (\d+)/.exec(
			this.inner.style.cursor) ?? [];

		if (url) {
			this.pointer.src = url;
			this.spot = { x: Number(x), y: Number(y) };
		}
		this.draw();
	}

	pointerAt(x: number, y: number): void {
		this.at = { x, y };
		this.draw();
	}

	/* The browser's own pointer, where the guest's cannot be shown. */
	usualPointer(): void {
		this.inner.style.cursor = '';
		this.pointer.removeAttribute('src');
		this.draw();
	}

	private draw(): void {
		const { at, canvas, pointer, spot } = this;
		const factor = canvas && canvas.width > 0 ?
			canvas.clientWidth / canvas.width : 1;

		show(pointer, document.pointerLockElement === this.host &&
			pointer.hasAttribute('src') &&
			this.inner.style.cursor !== 'none');
		pointer.style.left = `${at.x * factor - spot.x}px`;
		pointer.style.top = `${at.y * factor - spot.y}px`;
	}

	/* The dot below a pointer, within the screen. */
	place(event: MouseEvent): Place {
		const { canvas } = this;
		const box = canvas?.getBoundingClientRect();

		if (!canvas || !box || box.width === 0)
			return { x: 0, y: 0, scale: 1 };
		const within = (value: number, end: number): number =>
			Math.min(Math.max(Math.floor(value), 0), end - 1);

		return {
			x: within((event.clientX - box.left) * canvas.width / box.width,
				canvas.width),
			y: within((event.clientY - box.top) * canvas.height /
				box.height, canvas.height),
			scale: canvas.width / box.width,
		};
	}
}
