using System.Globalization;
using Puzzle.Core.Errors;

namespace Puzzle.Core.Runs;

/// <summary>
/// The folder of a run: a folder a stage, each with <c>done.json</c> once it is finished; the child, the report, the
/// recipe, the environment and the metrics beside them. One process at a time.
/// </summary>
public sealed class RunFolder : IDisposable
{
    /// <summary>The marker of finished work.</summary>
    public const string DoneFile = "done.json";

    private readonly FileStream? _lock;

    private RunFolder(string path, FileStream? held) => (Path, _lock) = (path, held);

    /// <summary>Its absolute path.</summary>
    public string Path { get; }

    /// <summary>Looks at a run folder that need not exist; nothing is written.</summary>
    public static RunFolder View(string path) => new(System.IO.Path.GetFullPath(path), null);

    /// <summary>Opens a run folder for writing, made where it is missing, and clears away what a killed process left half-written.</summary>
    /// <exception cref="OutOfResourceException">Another process works in it, or it cannot be written.</exception>
    public static RunFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        var lockFile = System.IO.Path.Combine(path, "run.lock");
        FileStream held;
        try
        {
            Directory.CreateDirectory(path);
            held = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new OutOfResourceException($"{path}: cannot be written: {e.Message}", e);
        }
        catch (IOException e) when (File.Exists(lockFile))
        {
            throw new OutOfResourceException($"{path}: another puzzle process works in this run folder; wait for it, or name another folder", e);
        }
        catch (IOException e)
        {
            throw new OutOfResourceException($"{path}: cannot be made: {e.Message}", e);
        }

        held.SetLength(0);
        held.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        held.Flush();
        foreach (var half in Directory.GetFiles(path, "*.tmp", SearchOption.AllDirectories))
            File.Delete(half);
        // A folder is written as NAME.GUID.tmp; the one it takes the place of is NAME.GUID.old for a moment.
        foreach (var half in Directory.GetDirectories(path, "*.*", SearchOption.AllDirectories).Where(IsHalf))
            Directory.Delete(half, recursive: true);
        return new RunFolder(path, held);
    }

    /// <summary>The folder of a stage.</summary>
    public string Of(string stage) => System.IO.Path.Combine(Path, stage);

    /// <summary>What a finished stage left, or null.</summary>
    public StageDone? Done(string stage) => AtomicFile.TryReadJson<StageDone>(System.IO.Path.Combine(Of(stage), DoneFile));

    /// <summary>Whether a stage is finished with this key and all its files are there in their sizes.</summary>
    public bool IsDone(string stage, string key) => Done(stage) is { } done && done.Key == key && Missing(done) is null;

    /// <summary>The first file of a finished stage that is not there, or not whole.</summary>
    public string? Missing(StageDone done) => done.Artefacts
        .Where(file => new FileInfo(System.IO.Path.Combine(Path, file.Key)) is var info && (!info.Exists || info.Length != file.Value))
        .Select(file => file.Key).FirstOrDefault();

    /// <inheritdoc/>
    public void Dispose() => _lock?.Dispose();

    private static bool IsHalf(string folder) =>
        System.IO.Path.GetExtension(folder) is ".tmp" or ".old" && Guid.TryParseExact(System.IO.Path.GetExtension(System.IO.Path.GetFileNameWithoutExtension(folder)).TrimStart('.'), "N", out _);
}
