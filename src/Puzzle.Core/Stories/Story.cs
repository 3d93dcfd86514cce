namespace Puzzle.Core.Stories;

/// <summary>One short document.</summary>
/// <param name="Body">The sentences of the story.</param>
/// <param name="Text">The training document: the body, then one line for each question with its answer; no blank line inside.</param>
/// <param name="Questions">The same questions as multiple choice, each on the bare body; empty for plain mentions.</param>
/// <param name="Answers">Where in <paramref name="Text"/> the words stand that follow from what is before them: start, the leading space included, and length.</param>
/// <param name="Form">What happens without the words: event kinds and roles in order of appearance. Forms are disjoint between splits.</param>
public sealed record Story(string Body, string Text, IReadOnlyList<Question> Questions, IReadOnlyList<(int Start, int Length)> Answers, string Form);
