import { createSignal, type JSX } from 'solid-js'
import { render } from 'solid-js/web'
import { afterEach, describe, expect, it } from 'vitest'
import { speak } from './i18n'
import { T } from './t'

const root = document.createElement('p')
let end = () => {}
afterEach(() => {
  end()
  speak({ locale: undefined, catalogue: {} })
})

function drawn(what: () => JSX.Element): string {
  end()
  end = render(what, root)
  return root.innerHTML
}

describe('a text with elements in it', () => {
  it('has each in its place', () => {
    expect(drawn(() => <T text="{who} invited you to {room}." who={<strong>Ada</strong>} room="#tea" />)).toBe('<strong>Ada</strong> invited you to #tea.')
  })

  it('has them where the language wants them, as often as it does', () => {
    speak({ locale: 'de', catalogue: { '{who} invited you to {room}.': 'Zu {room} lud dich {who} ein ({room}).' } }, 'de')
    expect(drawn(() => <T text="{who} invited you to {room}." who={<b>Ada</b>} room={<i>Tee</i>} />)).toBe('Zu <i>Tee</i> lud dich <b>Ada</b> ein (<i>Tee</i>).')
  })

  it('leaves places that nothing is given for, and what has no place', () => {
    expect(drawn(() => <T text="{who} left {constructor}" room={<i>Tee</i>} />)).toBe('{who} left {constructor}')
  })

  it('is text, whatever stands in it', () => {
    speak({ locale: 'de', catalogue: { 'Hi {who}': '<b>{who}</b> &amp;' } }, 'de')
    expect(drawn(() => <T text="Hi {who}" who="<i>Ada</i>" />)).toBe('&lt;b&gt;&lt;i&gt;Ada&lt;/i&gt;&lt;/b&gt; &amp;amp;')
  })

  it('keeps words apart where lines go from right to left', () => {
    speak({ locale: 'ar', catalogue: { '{who} added {whom}': 'أضاف {who} {whom}' }, rtl: true }, 'ar')
    expect(drawn(() => <T text="{who} added {whom}" who={<b>Ada</b>} whom="Bob" />)).toBe('أضاف <b>Ada</b> <bdi>Bob</bdi>')
  })

  it('loses its remark', () => {
    expect(drawn(() => <T text="{who} left@@the server" who="Ada" />)).toBe('Ada left')
  })

  it('changes with what is in it, and becomes another', () => {
    const [who, setWho] = createSignal('Ada')
    const [text, setText] = createSignal('{who} came')
    drawn(() => <T text={text()} who={<b>{who()}</b>} />)
    const element = root.querySelector('b')
    setWho('Bob')
    expect(root.innerHTML).toBe('<b>Bob</b> came')
    expect(root.querySelector('b')).toBe(element)
    setText('here is {who}')
    expect(root.innerHTML).toBe('here is <b>Bob</b>')
  })
})
