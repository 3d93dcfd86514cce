using System.Diagnostics;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Tests.Fuzzing;

/// <summary>Gives mutated files to a reader: it may read them or refuse them with an error for users, at bounded cost, and nothing else.</summary>
public static class Fuzzer
{
    private const long AllowedBytes = 64 << 20;

    /// <returns>How many were refused, the largest allocation and the longest time, and what went wrong.</returns>
    public static FuzzResult Run(FuzzTarget target, string folder, int seed, int count)
    {
        var random = new Random(seed);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, target.File);
        var (refused, largest, longest) = (0, 0L, TimeSpan.Zero);
        List<string> problems = [];
        for (var i = 0; i < count; i++)
        {
            var bytes = Mutations.Of(random, target.Seeds);
            File.WriteAllBytes(path, bytes);
            var (before, start) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            try
            {
                target.Read(path);
            }
            catch (PuzzleException)
            {
                refused++;
            }
            catch (Exception error)
            {
                problems.Add($"{target.Name} {seed}/{i}: {error.GetType().Name}: {error.Message} {error.StackTrace?.Split('\n')[0].Trim()}");
            }

            var (allocated, elapsed) = (GC.GetAllocatedBytesForCurrentThread() - before, Stopwatch.GetElapsedTime(start));
            largest = Math.Max(largest, allocated - bytes.Length);
            longest = elapsed > longest ? elapsed : longest;
            if (allocated > AllowedBytes + bytes.Length)
                problems.Add($"{target.Name} {seed}/{i}: {allocated} bytes allocated");
        }

        return new(target.Name, count, refused, largest, longest, problems);
    }
}
