/** Renders React components into a document of jsdom. Import it before anything that imports react-dom. */

import { JSDOM } from 'jsdom'
import { StrictMode, act, createElement } from 'react'
import type { ComponentType, ReactNode } from 'react'

const dom = new JSDOM('<!doctype html><body></body>', { url: 'http://localhost/', pretendToBeVisual: true })
const { window } = dom
const globals = { window, document: window.document, navigator: window.navigator, IS_REACT_ACT_ENVIRONMENT: true }
for (const [name, value] of Object.entries(globals)) {
  Object.defineProperty(globalThis, name, { value, configurable: true })
}
const { createRoot } = await import('react-dom/client')

export interface View {
  readonly container: HTMLElement
  text(): string
  find(id: string): HTMLElement | null
  rerender(node: ReactNode): Promise<void>
  unmount(): Promise<void>
}

/** Both modes of React: in strict mode it renders twice and runs the first effects twice. */
export const modes = [{ strict: false }, { strict: true }] as const

export const render = async (node: ReactNode, options: { strict?: boolean } = {}): Promise<View> => {
  const container = document.body.appendChild(document.createElement('div'))
  const errors: unknown[] = []
  const root = createRoot(container, {
    onUncaughtError: (error: unknown) => errors.push(error),
    onCaughtError: () => {},
  })
  const show = async (next: ReactNode): Promise<void> => {
    await act(async () => root.render(options.strict ? createElement(StrictMode, null, next) : next))
    if (errors.length > 0) throw errors.pop()
  }
  await show(node)
  return {
    container,
    text: () => container.textContent ?? '',
    find: (id) => container.querySelector(`#${id}`),
    rerender: show,
    unmount: async () => {
      await act(async () => root.unmount())
      container.remove()
    },
  }
}

export interface HookView<Result, Props> {
  readonly result: { readonly current: Result }
  /** Renders so far; in strict mode React's two calls count as one. */
  renders(): number
  rerender(props: Props): Promise<void>
  unmount(): Promise<void>
}

interface HookOptions<Props> {
  readonly strict?: boolean
  readonly props: Props
  readonly wrapper?: ComponentType<{ children: ReactNode }>
}

/** Calls a hook in a component of its own. */
export const renderHook = async <Result, Props>(
  hook: (props: Props) => Result, options: HookOptions<Props>,
): Promise<HookView<Result, Props>> => {
  const result = { current: undefined as Result }
  let calls = 0
  const Component = ({ props }: { props: Props }): null => {
    calls += 1
    result.current = hook(props)
    return null
  }
  const node = (props: Props): ReactNode => {
    const component = createElement(Component, { props })
    return options.wrapper ? createElement(options.wrapper, null, component) : component
  }
  const view = await render(node(options.props), options)
  return {
    result,
    renders: () => (options.strict ? calls / 2 : calls),
    rerender: (props) => view.rerender(node(props)),
    unmount: view.unmount,
  }
}

/** Lets timers of the given time and what React does then happen. */
export const pass = (ms = 0): Promise<void> =>
  act(async () => {
    await new Promise((resolve) => setTimeout(resolve, ms + 1))
  })

export { act }
