namespace Puzzle.Core.Stories;

/// <summary>A multiple-choice question; a choice is the continuation of the context, leading space included.</summary>
/// <param name="Context">The story, a line break, and the question (for agreement: the start of a sentence).</param>
/// <param name="Choices">2 to 4 continuations, all different; the wrong ones are people, objects, places or numbers of the same story.</param>
/// <param name="Gold">Index of the right choice.</param>
/// <param name="Task">What kind of question it is.</param>
/// <param name="Steps">How many sentences of the story must be combined for the answer; 1 is a look-up.</param>
public sealed record Question(string Context, IReadOnlyList<string> Choices, int Gold, StoryTask Task, int Steps);
