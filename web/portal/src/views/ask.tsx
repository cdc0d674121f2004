// SPDX-License-Identifier: Apache-2.0
/* Before sign-in: who wrote and until when; the passcode; the opening key when the link lost it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Facts, Sent } from '../api.ts';
import { readPasted } from '../open.ts';
import { moment, say } from '../strings.ts';
import { Card, Notice, Row, Title, useSecondsLeft, whoWrote } from './parts.tsx';

export function FactsList({ facts }: { facts: Facts }) {
	return <dl class="facts">
		<Row name={say.ask.from}>
			{facts.sender_name && <bdi>{facts.sender_name}</bdi>} <span class="address">{facts.sender}</span>
		</Row>
		{facts.organisation && <Row name={say.ask.organisation}>{facts.organisation}</Row>}
		{facts.recipient_hint && <Row name={say.ask.to}>{facts.recipient_hint}</Row>}
		{facts.received && <Row name={say.ask.received}>{moment(facts.received)}</Row>}
		{facts.state === 'active' &&
		    <Row name={say.ask.expires}>{facts.expires ? moment(facts.expires) : say.ask.never}</Row>}
	</dl>;
}

export function Ask(props: { facts: Facts; busy: boolean; error: string; ask(): void; open(): void;
    have(): void }) {
	const { facts, busy } = props;
	const signedIn = facts.signed_in === true;
	return <Card>
		<Title>{say.ask.title(whoWrote(facts))}</Title>
		<FactsList facts={facts} />
		<p>{signedIn ? say.ask.signedIn : say.ask.explain(facts.recipient_hint ?? say.ask.someone)}</p>
		{props.error && <Notice kind="error">{props.error}</Notice>}
		<button class="main" type="button" aria-disabled={busy}
		    onClick={() => busy || (signedIn ? props.open() : props.ask())}>
			{signedIn ? say.ask.open : busy ? say.ask.sending : say.ask.send}
		</button>
		{!signedIn && <p class="resend"><button class="link" type="button" onClick={props.have}>{say.ask.have}</button></p>}
		{!signedIn && <p class="soft">{say.ask.calm}</p>}
	</Card>;
}

function Resend(props: { at: number; busy: boolean; again(): void }) {
	const left = useSecondsLeft(props.at);
	if (left > 0)
		return <p class="soft resend">{say.code.resendIn(left)}</p>;
	return <p class="resend"><button class="link" type="button" onClick={() => props.busy || props.again()}>
		{say.code.resend}</button></p>;
}

interface CodeProps {
	/** Null when the person came back with a passcode asked for earlier. */
	sent: Sent | null;
	resendAt: number;
	busy: boolean;
	error: string;
	news: string;
	enter(code: string, stay: boolean): void;
	again(): void;
}

export function Code(props: CodeProps) {
	const { sent, busy } = props;
	const [code, setCode] = useState('');
	const [stay, setStay] = useState(false);
	const [short, setShort] = useState(false);
	const error = short ? say.code.short : props.error;
	const input = useRef<HTMLInputElement>(null);
	useEffect(() => {
		if (props.error)
			input.current!.select();
	}, [props.error, busy]);
	const submit = (event: Event) => {
		event.preventDefault();
		const digits = code.replace(/\D/g, '');
		setShort(digits.length !== 8);
		if (digits.length === 8 && !busy)
			props.enter(digits, stay);
		else
			input.current!.focus();
	};
	return <Card>
		<Title>{say.code.title}</Title>
		{sent === null ? <p>{say.code.earlier}</p> : <>
			<p>{say.code.sent(sent.sent_to)} {say.code.expiresIn(Math.round(sent.expires_s / 60))}</p>
			<p class="reference"><span>{say.code.reference}</span> <strong>{sent.reference}</strong></p>
			<p class="soft">{say.code.referenceHelp}</p></>}
		{props.news && <Notice kind="news">{props.news}</Notice>}
		<form onSubmit={submit} noValidate>
			<label for="code">{say.code.label} <span class="soft">{say.code.hint}</span></label>
			<input ref={input} id="code" class="code" name="one-time-code" inputMode="numeric" autocomplete="one-time-code"
			    maxLength={12} required spellcheck={false} value={code} aria-invalid={error !== ''}
			    aria-describedby={error ? 'code-error' : undefined}
			    onInput={event => { setCode(event.currentTarget.value); setShort(false); }} />
			{error && <Notice kind="error" id="code-error">{error}</Notice>}
			<label class="check"><input type="checkbox" checked={stay}
			    onChange={event => setStay(event.currentTarget.checked)} />
				<span>{say.code.stay}<small>{say.code.stayHelp}</small></span></label>
			<button class="main" type="submit" aria-disabled={busy}>{busy ? say.code.checking : say.code.open}</button>
		</form>
		<Resend at={props.resendAt} busy={busy} again={props.again} />
		<details>
			<summary>{say.code.helpTitle}</summary>
			<ul>{say.code.help.map(line => <li key={line}>{line}</li>)}</ul>
		</details>
	</Card>;
}

const letters = (text: string): number => text.replace(/[^0-9a-z]/gi, '').length;

/** Where a link or an opening key is pasted or typed. */
export function KeyForm(props: { found(grant: string | null, key: Uint8Array): void }) {
	const [text, setText] = useState('');
	const [bad, setBad] = useState(false);
	const submit = (event: Event) => {
		event.preventDefault();
		const pasted = readPasted(text);
		setBad(pasted === null);
		if (pasted !== null)
			props.found(pasted.grant, pasted.key);
		else
			document.getElementById('key')?.focus();
	};
	const typed = !/[/:#]/.test(text);
	return <form onSubmit={submit} noValidate>
		<label for="key">{say.key.label}</label>
		<input id="key" class="key" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck={false}
		    value={text} aria-invalid={bad} aria-describedby={bad ? 'key-hint key-error' : 'key-hint'}
		    placeholder="xxxxx-xxxxx-xxxxx-xxxxx-xxxxxx"
		    onInput={event => { setText(event.currentTarget.value); setBad(false); }} />
		<p class="soft hint"><span id="key-hint">{say.key.hint}</span>
			{typed && text !== '' && <span class="count">{say.key.count(letters(text))}</span>}</p>
		{bad && <Notice kind="error" id="key-error">{say.key.bad}</Notice>}
		<button class="main" type="submit">{say.key.next}</button>
	</form>;
}

export function Key(props: { facts: Facts; wrong: boolean; found(grant: string | null, key: Uint8Array): void }) {
	return <Card>
		<Title>{props.wrong ? say.key.titleWrong : say.key.title}</Title>
		<p>{props.wrong ? say.key.whyWrong : say.key.why}</p>
		<p>{say.key.how}</p>
		<KeyForm key={String(props.wrong)} found={props.found} />
		<p class="soft">{say.key.stays}</p>
		<FactsList facts={props.facts} />
	</Card>;
}
