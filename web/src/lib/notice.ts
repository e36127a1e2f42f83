/* Short words at the foot of the page that go by themselves. */
import { h, text } from './dom';

const SHOWN_MS = 3500;
let box: HTMLElement | null = null;
let timer = 0;

export function notice(words: string): void {
	if (!box)
		box = h('div', { class: 'notice', role: 'status' });
	const home = document.fullscreenElement ?? document.body;

	if (box.parentElement !== home)
		home.append(box);
	text(box, words);
	box.classList.add('notice-shown');
	clearTimeout(timer);
	timer = window.setTimeout(() => {
		box?.classList.remove('notice-shown');
	}, SHOWN_MS);
}

export async function copyText(words: string, what: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(words);
		notice(`${what} copied`);
	} catch {
		notice('The browser did not allow copying: mark the text and copy it');
	}
}
