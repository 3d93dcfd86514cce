using System.Globalization;

namespace Puzzle.Core.Runs;

/// <summary>
/// The saved states of a training loop: the two newest, each a folder <c>step-N</c> that counts only once its marker is
/// there. A kill while one is being written leaves the other.
/// </summary>
public sealed class SavedStates
{
    private const int Kept = 2;
    private readonly string _folder;
    private readonly string _key;

    internal SavedStates(string folder, string key) => (_folder, _key) = (folder, key);

    /// <summary>The newest whole state with this key, or null.</summary>
    public (long Step, string Folder)? Latest()
    {
        var newest = Steps().Where(state => AtomicFile.TryReadJson<Mark>(Path.Combine(state.Folder, RunFolder.DoneFile))?.Key == _key)
            .OrderByDescending(state => state.Step).FirstOrDefault();
        return newest.Folder is null ? null : newest;
    }

    /// <summary>Saves a state and forgets all but the two newest.</summary>
    /// <param name="step">Steps taken.</param>
    /// <param name="write">Writes the files into the folder it is given.</param>
    public void Save(long step, Action<string> write)
    {
        var folder = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"step-{step}"));
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        write(folder);
        AtomicFile.WriteJson(Path.Combine(folder, RunFolder.DoneFile), new Mark(_key));
        var whole = Steps().Where(s => AtomicFile.TryReadJson<Mark>(Path.Combine(s.Folder, RunFolder.DoneFile))?.Key == _key).OrderByDescending(s => s.Step).Take(Kept).ToHashSet();
        foreach (var old in Steps().Where(s => !whole.Contains(s)).ToList())
            Directory.Delete(old.Folder, recursive: true);
    }

    /// <summary>Removes all of them, when the work they belong to is done.</summary>
    public void Clear()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private IEnumerable<(long Step, string Folder)> Steps() => !Directory.Exists(_folder) ? [] :
        Directory.EnumerateDirectories(_folder, "step-*")
            .Select(folder => (long.TryParse(Path.GetFileName(folder)[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1, folder))
            .Where(state => state.Item1 >= 0);

    private sealed record Mark(string Key);
}
