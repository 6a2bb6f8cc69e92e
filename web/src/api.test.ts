// @vitest-environment node
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import openapi from '../../httpapi/openapi.json'

test('the document of the HTTP interface is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const result = await validator.validate(structuredClone(openapi))
  expect(result.errors).toBeUndefined()
  expect(result.valid).toBe(true)
  expect(validator.version).toBe('3.1')
})

test('a document with a mistake is not', async () => {
  const broken = structuredClone<Record<string, unknown>>(openapi)
  broken['paths'] = { '/x': { get: { responses: { 200: {} } } } }
  const result = await new Validator().validate(broken)
  expect(result.valid).toBe(false)
})
