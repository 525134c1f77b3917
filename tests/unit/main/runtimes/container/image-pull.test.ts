import { describe, expect, it } from 'vitest';
import { createPullMeter, splitImage } from '#main/runtimes/container/image-pull.ts';

const line = (status: string, id?: string, [current, total]: number[] = []) =>
  JSON.stringify({ status, id, progressDetail: current === undefined ? {} : { current, total } });

describe('the progress of a pull', () => {
  it('is one number over all layers that never goes down', () => {
    const measure = createPullMeter('shop/web:1');
    const lines = [
      line('Pulling from shop/web', '1'),
      line('Pulling fs layer', 'aa'),
      line('Pulling fs layer', 'bb'),
      line('Downloading', 'aa', [50, 100]),
      line('Downloading', 'bb', [0, 300]),
      line('Download complete', 'aa'),
      line('Extracting', 'aa', [100, 100]),
      line('Downloading', 'bb', [300, 300]),
      line('Pull complete', 'aa'),
      line('Extracting', 'bb', [150, 300]),
      line('Pull complete', 'bb'),
      line('Status: Downloaded newer image for shop/web:1'),
    ];
    expect(lines.map((each) => measure(each)?.percent)).toEqual([
      null,
      null,
      null,
      40,
      40,
      40,
      40,
      85,
      85,
      92,
      100,
      100,
    ]);
  });

  it('tells the engine’s words', () => {
    const measure = createPullMeter('shop/web:1');
    expect(measure(line('Pulling from shop/web', '1'))).toEqual({
      image: 'shop/web:1',
      percent: null,
      text: '1: Pulling from shop/web',
    });
    expect(measure(line('Already exists', 'aa'))).toEqual({
      image: 'shop/web:1',
      percent: 100,
      text: 'Already exists',
    });
  });

  it('leaves out what is no progress', () => {
    const measure = createPullMeter('x');
    expect([measure('{'), measure('7')]).toEqual([null, null]);
  });

  it('fails when a line carries an error, though the engine has answered 200', () => {
    const measure = createPullMeter('shop/web:1');
    expect(() => measure(JSON.stringify({ error: 'manifest unknown', errorDetail: {} }))).toThrow(
      expect.objectContaining({ code: 'IMAGE_NOT_FOUND' }),
    );
  });
});

describe('the name of an image', () => {
  it.each([
    ['web', { fromImage: 'web', tag: 'latest' }],
    ['shop/web:1', { fromImage: 'shop/web', tag: '1' }],
    ['localhost:5000/web', { fromImage: 'localhost:5000/web', tag: 'latest' }],
    ['localhost:5000/web:2', { fromImage: 'localhost:5000/web', tag: '2' }],
    ['web@sha256:00', { fromImage: 'web@sha256:00', tag: '' }],
  ])('%s', (image, halves) => {
    expect(splitImage(image)).toEqual(halves);
  });
});
