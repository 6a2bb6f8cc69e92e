import { splitProps, type JSX } from 'solid-js'
import { isolating, unfilled } from './i18n'

/** A text with elements in it: {name} in `text` stands for the property of that name. */
export function T(props: { text: string } & Record<string, JSX.Element>) {
  const [own, parts] = splitProps(props, ['text'])
  return (
    <>
      {unfilled(own.text as string)
        .split(/(\{\w+\})/)
        .map((piece) => {
          const name = /^\{(\w+)\}$/.exec(piece)?.[1]
          return name !== undefined && Object.hasOwn(parts, name) ? <>{apart(parts[name])}</> : piece
        })}
    </>
  )
}

// As t does it. Elements say themselves what they need.
function apart(part: JSX.Element): JSX.Element {
  return typeof part === 'string' && isolating() ? <bdi>{part}</bdi> : part
}
