// SPDX-License-Identifier: Apache-2.0
/* The pieces every view is made of. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Facts } from '../api.ts';
import { say } from '../strings.ts';

/** The heading of a view. It takes the focus when the view appears, so that keyboard and screen reader land there. */
export function Title(props: { children: ComponentChildren }) {
	const heading = useRef<HTMLHeadingElement>(null);
	useLayoutEffect(() => {
		document.title = heading.current!.textContent + ' · ' + say.product;
		heading.current!.focus();
	}, []);
	return <h1 ref={heading} tabIndex={-1} dir="auto">{props.children}</h1>;
}

export function Card(props: { children: ComponentChildren; wide?: boolean }) {
	return <section class={props.wide ? 'card wide' : 'card'}>{props.children}</section>;
}

/** A sentence that must be heard: errors at once, news politely. */
export function Notice(props: { kind: 'error' | 'news'; id?: string; children: ComponentChildren }) {
	return <p id={props.id} class={'notice ' + props.kind} role={props.kind === 'error' ? 'alert' : 'status'}>
		{props.children}
	</p>;
}

export function Row(props: { name: string; children: ComponentChildren }) {
	return <div class="row"><dt>{props.name}</dt><dd dir="auto">{props.children}</dd></div>;
}

export function Progress(props: { label: string; done: number; total: number }) {
	return <progress aria-label={props.label} max={Math.max(1, props.total)} value={props.done} />;
}

/** Seconds left until `at` (a Date.now() value), counted down on the screen. */
export function useSecondsLeft(at: number): number {
	const left = () => Math.max(0, Math.ceil((at - Date.now()) / 1000));
	const [seconds, setSeconds] = useState(left);
	useEffect(() => {
		setSeconds(left());
		const timer = setInterval(() => setSeconds(left()), 500);
		return () => clearInterval(timer);
	}, [at]);
	return seconds;
}

export const whoWrote = (facts: Facts): string => facts.sender_name || facts.sender;
