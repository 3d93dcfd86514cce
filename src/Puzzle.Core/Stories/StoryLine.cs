namespace Puzzle.Core.Stories;

// One question before it is put into a document: the right choice comes first, choices carry no leading space yet.
internal readonly record struct StoryLine(StoryTask Task, int Steps, string Prompt, string[] Choices, string Ending = ".");
