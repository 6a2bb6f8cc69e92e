// Two small sounds, made here: nothing is loaded for them.

export interface Sounds {
  /** A mention rises, other news is one soft note. Silent until somebody has touched the page: browsers want that. */
  play(kind: 'mention' | 'other'): void
  dispose(): void
}

interface Note {
  hertz: number
  /** Seconds from the beginning. */
  at: number
}

const notes: Readonly<Record<'mention' | 'other', readonly Note[]>> = {
  mention: [{ hertz: 587.33, at: 0 }, { hertz: 880, at: 0.11 }],
  other: [{ hertz: 659.25, at: 0 }],
}
const SECONDS = 0.32
const LOUD = 0.16

export function makeSounds(): Sounds {
  let context: AudioContext | undefined

  return {
    play(kind) {
      if (!('AudioContext' in globalThis) || navigator.userActivation?.hasBeenActive === false) return
      context ??= new AudioContext()
      const audio = context
      void audio.resume().then(
        () => {
          for (const { hertz, at } of notes[kind]) ring(audio, hertz, audio.currentTime + at)
        },
        () => {},
      )
    },
    dispose() {
      void context?.close()
    },
  }
}

// A struck bell: it is there at once and fades away.
function ring(audio: AudioContext, hertz: number, begin: number) {
  const tone = new OscillatorNode(audio, { type: 'sine', frequency: hertz })
  const loudness = new GainNode(audio, { gain: 0 })
  loudness.gain.setValueAtTime(0, begin)
  loudness.gain.linearRampToValueAtTime(LOUD, begin + 0.012)
  loudness.gain.exponentialRampToValueAtTime(0.0005, begin + SECONDS)
  tone.connect(loudness).connect(audio.destination)
  tone.start(begin)
  tone.stop(begin + SECONDS)
}
