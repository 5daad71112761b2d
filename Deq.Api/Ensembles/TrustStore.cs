using Microsoft.Data.Sqlite;

namespace Deq.Api.Ensembles;

/// <summary>
/// Answers, feedback and the trust counted from it, in a SQLite file. One writer commits whatever waits in one transaction; a call returns when its
/// transaction is on disk, so that nothing acknowledged is lost with the process or the power.
/// </summary>
/// <remarks>Write-ahead log with full synchronization: one flush for each batch. Reads have their own connections and do not wait for the writer.</remarks>
internal sealed class TrustStore : IAsyncDisposable
{
    /// <summary>Answers of one client that may wait for feedback; some 50 MB with four members.</summary>
    public const int MostWaiting = 100_000;

    /// <summary>Answers of one ensemble with feedback that are kept; some 600 MB with four members.</summary>
    public const int MostSettled = 1_000_000;

    private readonly string _reading;
    private readonly TimeProvider _clock;
    private readonly TrustWriter _writer;
    private readonly int _mostWaiting;
    private readonly int _mostSettled;

    private TrustStore(string reading, SqliteConnection connection, TimeProvider clock, int mostWaiting, int mostSettled)
    {
        (_reading, _clock, _mostWaiting, _mostSettled) = (reading, clock, mostWaiting, mostSettled);
        _writer = new TrustWriter(connection);
    }

    /// <summary>Opens a store, and makes it where there is none.</summary>
    /// <param name="path">Its file; its folder is made too.</param>
    /// <param name="clock">Dates answers and feedback.</param>
    /// <param name="mostWaiting">Answers of one client that may wait for feedback, at least 1. Default <see cref="MostWaiting"/>.</param>
    /// <param name="mostSettled">Answers of one ensemble with feedback that are kept, at least 1. Default <see cref="MostSettled"/>.</param>
    /// <exception cref="TrustStoreException">The file is no trust store, or one of a newer server, or cannot be written.</exception>
    public static TrustStore Open(string path, TimeProvider clock, int mostWaiting = MostWaiting, int mostSettled = MostSettled)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, ForeignKeys = true }.ToString());
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }

            connection.Open();
            TrustSchema.Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;");
            TrustSchema.Migrate(connection, TrustSchema.Newest);
        }
        catch (Exception fault) when (fault is SqliteException or IOException or UnauthorizedAccessException)
        {
            connection.Dispose();
            throw new TrustStoreException($"The trust store '{path}' cannot be opened: {fault.Message}", fault);
        }
        catch (TrustStoreException)
        {
            connection.Dispose();
            throw;
        }

        string reading = new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString();
        return new TrustStore(reading, connection, clock, mostWaiting, mostSettled);
    }

    /// <summary>Keeps an answer for feedback, and drops the oldest of the client's that wait where those are too many.</summary>
    /// <exception cref="ArgumentException">An answer with this id is kept already.</exception>
    public Task Add(StoredAnswer answer) => _writer.Queue(writes =>
    {
        try
        {
            writes.Add(answer, Now(), _mostWaiting);
            return 0;
        }
        catch (SqliteException twice) when (twice.SqliteErrorCode == 19)
        {
            throw new ArgumentException($"The answer '{answer.Id}' is kept already.", nameof(answer), twice);
        }
    });

    /// <summary>
    /// Counts what the truth of an answer says of the members that voted, once for each answer, and drops the answers of the ensemble with the oldest feedback
    /// where those are too many: the counts and the belief stay, the answers are unknown afterwards.
    /// </summary>
    /// <param name="ensemble">The ensemble that gave the answer.</param>
    /// <param name="answer">The answer's id.</param>
    /// <param name="truth">The true label.</param>
    public Task<FeedbackOutcome> Feedback(string ensemble, string answer, string truth) => _writer.Queue(writes => writes.Add(ensemble, answer, truth, Now(), _mostSettled));

    /// <summary>Makes the counts of an ensemble those of a document; later feedback adds to them.</summary>
    /// <param name="ensemble">The ensemble; the document may be of one with another name.</param>
    /// <param name="document">Its counts; members that it does not name have none afterwards.</param>
    /// <exception cref="TrustStoreException">Another format, a count that is no number from 0 to <see cref="MemberCount.Most"/>, or a member that is named twice.</exception>
    public Task Replace(string ensemble, TrustDocument document) => document.Fault() is { } fault
        ? throw new TrustStoreException(fault)
        : _writer.Queue(writes =>
        {
            writes.Reset(ensemble);
            foreach (MemberCount count in document.Members)
            {
                writes.Import(count with { Ensemble = ensemble });
            }

            return 0;
        });

    /// <summary>The counts of an ensemble as a document.</summary>
    public TrustDocument Export(string ensemble) => new(1, Members(ensemble));

    /// <summary>The counts of an ensemble's members, by name; one beyond <see cref="MemberCount.Most"/>, as older servers stored, is that number.</summary>
    public IReadOnlyList<MemberCount> Members(string ensemble) =>
        [.. Read("SELECT ensemble, member, \"right\", wrong FROM trust WHERE ensemble = $0 ORDER BY member", ReadCount, ensemble).Select(count => count.InRange())];

    /// <summary>The same counts anew, from the feedback that is kept, imports and what dropped answers counted, to check the store against itself.</summary>
    public IReadOnlyList<MemberCount> Recount(string ensemble) => Read(
        """
        SELECT $0, member, SUM(r), SUM(w) FROM (
            SELECT votes.member, votes.label = feedback.truth AS r, votes.label <> feedback.truth AS w
            FROM feedback JOIN answers ON answers.id = feedback.answer JOIN votes ON votes.answer = answers.id WHERE answers.ensemble = $0
            UNION ALL SELECT member, "right", wrong FROM imported WHERE ensemble = $0)
        GROUP BY member ORDER BY member
        """,
        ReadCount,
        ensemble);

    /// <summary>Believed against observed accuracy of all answers of an ensemble that ever got feedback: from sums that each feedback adds to.</summary>
    public BeliefAgainstTruth Belief(string ensemble) => Read(
        "SELECT COALESCE(SUM(given), 0), TOTAL(believed), TOTAL(\"right\"), TOTAL(squares) FROM belief WHERE ensemble = $0",
        row =>
        {
            (long n, double believed, double right, double squares) = (row.GetInt64(0), row.GetDouble(1), row.GetDouble(2), row.GetDouble(3));
            double mean = n == 0 ? 0 : (believed - right) / n;
            double error = n < 2 ? 0 : Math.Sqrt(Math.Max(0, (squares / n) - (mean * mean)) / (n - 1));
            return new BeliefAgainstTruth(n, n == 0 ? 0 : believed / n, n == 0 ? 0 : right / n, error);
        },
        ensemble)[0];

    /// <summary>Drops answers without feedback that are older than the given age; gives how many.</summary>
    public Task<int> Forget(TimeSpan age) => _writer.Queue(writes => writes.Forget(Now() - (long)age.TotalMilliseconds));

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private long Now() => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    private static MemberCount ReadCount(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetDouble(2), row.GetDouble(3));

    private List<T> Read<T>(string query, Func<SqliteDataReader, T> row, string? ensemble = null)
    {
        using var connection = new SqliteConnection(_reading);
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The queries are those above.
        command.CommandText = query;
#pragma warning restore CA2100
        if (ensemble is not null)
        {
            command.Parameters.AddWithValue("$0", ensemble);
        }

        using SqliteDataReader reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(row(reader));
        }

        return rows;
    }
}
