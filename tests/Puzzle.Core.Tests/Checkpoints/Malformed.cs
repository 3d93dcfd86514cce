using Puzzle.Core.Errors;

namespace Puzzle.Core.Tests.Checkpoints;

/// <summary>Opens malformed files and holds the reader to its promise.</summary>
internal static class Malformed
{
    private const long AllowedBytes = 2 << 20;

    /// <summary>The reader's error, or null where it accepts the file. Any other exception fails the test, and so does a large allocation.</summary>
    public static BadInputException? Open(string path, Action<string> open)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        BadInputException? error = null;
        try
        {
            open(path);
        }
        catch (BadInputException e)
        {
            error = e;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        var size = File.Exists(path) ? new FileInfo(path).Length : 0;
        Assert.InRange(allocated, 0, AllowedBytes + 64 * size);
        if (error is not null)
        {
            Assert.Contains(Path.GetDirectoryName(path)!, error.Message);
            Assert.InRange(error.Message.Length, 1, 2000);
        }

        return error;
    }
}
