namespace Puzzle.Core.Tests.Fuzzing;

/// <summary>What a reader did with mutated files.</summary>
/// <param name="Target">The reader.</param>
/// <param name="Inputs">How many files.</param>
/// <param name="Refused">Refused with an error for users.</param>
/// <param name="LargestAllocation">Bytes allocated for one file, its own size left out.</param>
/// <param name="Longest">The longest time for one file.</param>
/// <param name="Problems">Other exceptions, and allocations beyond the limit.</param>
public sealed record FuzzResult(string Target, int Inputs, int Refused, long LargestAllocation, TimeSpan Longest, IReadOnlyList<string> Problems);
