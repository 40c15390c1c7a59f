const parts = ['A small sailing boat ', 'on a calm sea at sunset.'];

/** What every command has to print. */
export const answerText = parts.join('');

/** What the server says to every request, of whatever model: https://ai.google.dev/api/generate-content#generatecontentresponse */
export const answerBody = JSON.stringify({
  candidates: [
    {
      content: { parts: parts.map((text) => ({ text })), role: 'model' },
      finishReason: 'STOP',
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 264, candidatesTokenCount: 11, totalTokenCount: 275 },
  responseId: 'vTkqaf7xEsSdvdIPrqLnyAc',
});
