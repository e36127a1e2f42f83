/*
 * A small way to write elements. Styles come from classes only: the page runs
 * under a policy without inline styles.
 */
export type Child = Node | string | number | null | undefined | false;

type Value = string | number | boolean | null | undefined;
type Listeners = {
	[K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void;
};

export interface Attributes {
	[name: string]: Value | Listeners;
	on?: Listeners;
}

export function h<K extends keyof HTMLElementTagNameMap>(tag: K,
	attributes?: Attributes | null,
	...children: Child[]): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes ?? {})) {
		if (name === 'on')
			listen(element, value as Listeners);
		else
			attribute(element, name, value as Value);
	}
	append(element, children);
	return element;
}

/* Absent for false and null, present and empty for true. */
export function attribute(element: Element, name: string,
	value: Value): void {
	if (value === false || value === null || value === undefined)
		element.removeAttribute(name);
	else if (element.getAttribute(name) !== String(value === true ? '' : value))
		element.setAttribute(name, value === true ? '' : String(value));
}

function listen(element: HTMLElement, listeners: Listeners): void {
	for (const [type, listener] of Object.entries(listeners))
		element.addEventListener(type, listener as EventListener);
}

export function append(element: Element, children: Child[]): void {
	for (const child of children) {
		if (child !== null && child !== undefined && child !== false)
			element.append(typeof child === 'number' ?
				String(child) : child);
	}
}

export function replace(element: Element, ...children: Child[]): void {
	element.replaceChildren();
	append(element, children);
}

/* Writing the same text again would make a screen reader repeat it. */
export function text(element: Element, value: string): void {
	if (element.textContent !== value)
		element.textContent = value;
}

export function show(element: HTMLElement, visible: boolean): void {
	if (element.hidden === visible)
		element.hidden = !visible;
}

let counter = 0;

export function uniqueId(prefix: string): string {
	return `${prefix}-${++counter}`;
}

/* What the keyboard can reach below an element, in order. */
export function focusables(root: ParentNode): HTMLElement[] {
	const all = root.querySelectorAll<HTMLElement>(
		'a[href], button, input, select, textarea, [tabindex]');

	return [...all].filter((e) => e.tabIndex >= 0 &&
		!e.hasAttribute('disabled') && e.getClientRects().length > 0);
}
