namespace Puzzle.Evaluation.Tasks;

/// <summary>A task with its data read and its requests written.</summary>
/// <param name="Shots">Solved cases actually put before each question.</param>
/// <param name="OriginalCount">Documents of the split before any limit.</param>
/// <param name="Hash">Of all requests (SHA-256, hex): equal hashes mean equal prompts.</param>
public sealed record PreparedTask(EvalTask Task, int Shots, int OriginalCount, IReadOnlyList<TaskDocument> Documents, string Hash);
