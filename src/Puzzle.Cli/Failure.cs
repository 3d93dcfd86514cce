using Puzzle.Core.Errors;

namespace Puzzle.Cli;

/// <summary>What an exception means to the user.</summary>
/// <param name="ExitCode">The process's exit code.</param>
/// <param name="Message">One message, without a stack.</param>
internal sealed record Failure(int ExitCode, string Message)
{
    private const int DiskFull = 28;          // ENOSPC
    private const int DiskFullWindows = unchecked((int)0x80070070);

    public static Failure Of(Exception e) => e switch
    {
        PuzzleException known => new(known.ExitCode, known.Message),
        OperationCanceledException => new(130, "interrupted; finished work is kept, the same command goes on from there"),
        OutOfMemoryException => new(5, "out of memory; a smaller batch, sequence length or memory_gib in the recipe needs less"),
        AggregateException { InnerException: { } inner } => Of(inner),
        TypeInitializationException { InnerException: { } inner } => Of(inner),
        System.Runtime.InteropServices.ExternalException torch when torch.Message.Contains("allocate memory", StringComparison.Ordinal) || torch.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            => new(5, $"out of memory: {torch.Message.Split('\n')[0]}"),
        IOException { HResult: DiskFull or DiskFullWindows } disk => new(5, disk.Message),
        FileNotFoundException or DirectoryNotFoundException => new(3, e.Message),
        UnauthorizedAccessException => new(3, e.Message),
        _ => new(1, $"{e.GetType().Name}: {e.Message}"),
    };
}
