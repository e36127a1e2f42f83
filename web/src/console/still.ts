/*
 * The last picture of a console whose connection is gone: a copy of its canvas
 * that stands in its place until a new picture comes.
 */
import { h } from '../lib/dom';

export class Still {
	private copy: HTMLCanvasElement | null = null;
	private frame = 0; /* in which the copy goes */

	constructor(private readonly host: HTMLElement) {}

	/* Takes null, and a canvas on which nothing was drawn yet. */
	keep(canvas: HTMLCanvasElement | null | undefined): void {
		cancelAnimationFrame(this.frame);
		if (!canvas || canvas.width === 0)
			return;
		const copy = h('canvas', {
			class: 'screen-still', width: canvas.width,
			height: canvas.height, 'aria-hidden': 'true',
		});

		copy.getContext('2d')?.drawImage(canvas, 0, 0);
		this.drop();
		this.copy = copy;
		this.host.append(copy);
	}

	/*
	 * With the next frame, which shows the new picture, unless the connection
	 * goes again before it.
	 */
	dropSoon(): void {
		this.frame = requestAnimationFrame(() => this.drop());
	}

	drop(): void {
		this.copy?.remove();
		this.copy = null;
	}
}
