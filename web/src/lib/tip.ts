/*
 * One tooltip for the page: shows data-tip of what the pointer or the keyboard
 * is on. It only repeats or explains; nothing is told here alone to those who
 * cannot see it (labels and descriptions carry the same words).
 */
import { h, text } from './dom';

const GAP = 8;

function place(tip: HTMLElement, target: Element): void {
	const t = target.getBoundingClientRect();
	const own = tip.getBoundingClientRect();
	const below = t.bottom + GAP + own.height < innerHeight;
	const left = t.left + t.width / 2 - own.width / 2;

	tip.style.left = `${Math.max(GAP,
		Math.min(left, innerWidth - own.width - GAP))}px`;
	tip.style.top = `${below ? t.bottom + GAP :
		t.top - GAP - own.height}px`;
}

export function startTips(): void {
	const tip = h('div', { class: 'tip', 'aria-hidden': 'true' });
	let current: Element | null = null;
	let pressed: Element | null = null; /* says no more until it is left */

	const hide = (): void => {
		current = null;
		tip.classList.remove('tip-shown');
	};
	const over = (event: Event): void => {
		const target = event.target instanceof Element ?
			event.target.closest('[data-tip]') : null;
		const words = target?.getAttribute('data-tip');

		if (target !== pressed)
			pressed = null;
		if (target && (target === current || target === pressed))
			return;
		hide();
		if (!target || !words ||
			target.getAttribute('aria-expanded') === 'true')
			return;
		if (event.type === 'focusin' && !target.matches(':focus-visible'))
			return;
		current = target;
		(document.fullscreenElement ?? document.body).append(tip);
		text(tip, words);
		place(tip, target);
		tip.classList.add('tip-shown');
	};

	document.addEventListener('pointerover', (e) => {
		if (e.pointerType === 'mouse')
			over(e);
	});
	document.addEventListener('focusin', over);
	document.addEventListener('focusout', hide);
	document.addEventListener('pointerdown', hide, true);
	document.addEventListener('click', (e) => {
		hide();
		pressed = e.target instanceof Element ?
			e.target.closest('[data-tip]') : null;
	}, true);
	document.addEventListener('keydown', (e) => {
		if (e.key === 'Escape')
			hide();
	});
	addEventListener('scroll', hide, { capture: true, passive: true });
}
