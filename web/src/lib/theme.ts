/* Light, dark, or as the system says: one button that goes round. */
import { h, replace } from './dom';
import { icon, type IconName } from './icons';
import { load, save } from './prefs';

type Mode = 'auto' | 'light' | 'dark';

const next: Record<Mode, Mode> = { auto: 'light', light: 'dark', dark: 'auto' };
const icons: Record<Mode, IconName> = {
	auto: 'auto', light: 'sun', dark: 'moon',
};
const words: Record<Mode, string> = {
	auto: 'as the system', light: 'light', dark: 'dark',
};

function apply(mode: Mode): void {
	if (mode === 'auto')
		delete document.documentElement.dataset['theme'];
	else
		document.documentElement.dataset['theme'] = mode;
}

export function themeButton(): HTMLButtonElement {
	let { mode } = load<{ mode: Mode }>('theme', { mode: 'auto' });
	const button = h('button', { class: 'icon-button', type: 'button' });
	const draw = (): void => {
		const label = `Colours: ${words[mode]}`;

		button.setAttribute('aria-label', label);
		button.dataset['tip'] = label;
		replace(button, icon(icons[mode]));
	};

	button.addEventListener('click', () => {
		mode = next[mode] ?? 'auto';
		save('theme', { mode });
		apply(mode);
		draw();
	});
	apply(mode);
	draw();
	return button;
}
