using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Deq.Api.Ensembles;

/// <summary>The statements that change a trust store, prepared once. Used by one thread, inside a transaction.</summary>
internal sealed class TrustWrites : IDisposable
{
    /// <summary>The most answers that one feedback drops: a store with far too many, as older servers left it, comes to its bound in small steps.</summary>
    public const int MostDropped = 16;

    private const string OrAdd = "ON CONFLICT DO UPDATE SET \"right\" = \"right\" + excluded.\"right\", wrong = wrong + excluded.wrong";

    private readonly SqliteConnection _connection;
    private readonly List<SqliteCommand> _commands = [];
    private readonly SqliteCommand _addAnswer;
    private readonly SqliteCommand _addVote;
    private readonly SqliteCommand _dropOldest;
    private readonly SqliteCommand _settle;
    private readonly SqliteCommand _findAnswer;
    private readonly SqliteCommand _findTruth;
    private readonly SqliteCommand _addFeedback;
    private readonly SqliteCommand _count;
    private readonly SqliteCommand _sum;
    private readonly SqliteCommand _findOldest;
    private readonly SqliteCommand _keepCounts;
    private readonly SqliteCommand _dropFeedback;
    private readonly SqliteCommand _drop;
    private readonly SqliteCommand _import;
    private readonly SqliteCommand _importCount;
    private readonly SqliteCommand _forget;
    private readonly SqliteCommand _clear;
    private readonly SqliteCommand _clearImported;
    private readonly SqliteCommand _setOff;
    private readonly SqliteCommand _begin;

    public TrustWrites(SqliteConnection connection)
    {
        _connection = connection;
        _addAnswer = Prepare("INSERT INTO answers VALUES ($0, $1, $2, $3, $4, $5, 1 + (SELECT COALESCE(MAX(number), 0) FROM answers WHERE client = $5))", 6);
        _dropOldest = Prepare("DELETE FROM answers WHERE client = $0 AND number = (SELECT MAX(number) FROM answers WHERE client = $0) - $1", 2);
        _settle = Prepare("UPDATE answers SET client = NULL, number = (SELECT given FROM belief WHERE belief.ensemble = answers.ensemble) WHERE id = $0", 1);
        _addVote = Prepare("INSERT INTO votes VALUES ($0, $1, $2)", 3);
        _findAnswer = Prepare("SELECT 1 FROM answers WHERE id = $0 AND ensemble = $1", 2);
        _findTruth = Prepare("SELECT truth FROM feedback WHERE answer = $0", 1);
        _addFeedback = Prepare("INSERT INTO feedback VALUES ($0, $1, $2)", 3);
        _count = Prepare($"INSERT INTO trust SELECT $0, member, label = $2, label <> $2 FROM votes WHERE answer = $1 {OrAdd}", 3);
        _sum = Prepare(
            """
            INSERT INTO belief SELECT ensemble, 1, believed, label = $1, (believed - (label = $1)) * (believed - (label = $1)) FROM answers WHERE id = $0
            ON CONFLICT DO UPDATE SET given = given + 1, believed = believed + excluded.believed, "right" = "right" + excluded."right", squares = squares + excluded.squares
            """,
            2);
        _findOldest = Prepare(
            "SELECT id FROM answers WHERE ensemble = $0 AND client IS NULL AND number <= (SELECT given FROM belief WHERE ensemble = $0) - $1 ORDER BY number LIMIT 1", 2);
        _keepCounts = Prepare(
            $"INSERT INTO imported SELECT $0, member, label = truth, label <> truth FROM votes JOIN feedback ON feedback.answer = votes.answer WHERE votes.answer = $1 {OrAdd}", 2);
        _dropFeedback = Prepare("DELETE FROM feedback WHERE answer = $0", 1);
        _drop = Prepare("DELETE FROM answers WHERE id = $0", 1);
        _import = Prepare($"INSERT INTO trust VALUES ($0, $1, $2, $3) {OrAdd}", 4);
        _importCount = Prepare($"INSERT INTO imported VALUES ($0, $1, $2, $3) {OrAdd}", 4);
        _clear = Prepare("DELETE FROM trust WHERE ensemble = $0", 1);
        _clearImported = Prepare("DELETE FROM imported WHERE ensemble = $0", 1);
        _setOff = Prepare(
            """
            INSERT INTO imported SELECT $0, votes.member, -SUM(votes.label = feedback.truth), -SUM(votes.label <> feedback.truth)
            FROM answers JOIN feedback ON feedback.answer = answers.id JOIN votes ON votes.answer = answers.id
            WHERE answers.ensemble = $0 GROUP BY votes.member
            """,
            1);
        _begin = Prepare("INSERT INTO trust SELECT ensemble, member, 0, 0 FROM imported WHERE ensemble = $0", 1);
        _forget = Prepare("DELETE FROM answers WHERE at < $0 AND (client IS NOT NULL OR number IS NULL)", 1);
    }

    /// <summary>Adds an answer with its votes, and drops the one that the same client was given so many answers before where that still waits for feedback.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="at">When it was given.</param>
    /// <param name="mostWaiting">Answers of one client that may wait. No two of them have the same number, so dropping one for each that is added keeps to it.</param>
    public void Add(StoredAnswer answer, long at, int mostWaiting)
    {
        string client = NameOf(answer.Client);
        Run(_addAnswer, answer.Id, answer.Ensemble, answer.Label, answer.Believed, at, client);
        Run(_dropOldest, client, mostWaiting);
        foreach ((string member, string label) in answer.Votes)
        {
            Run(_addVote, answer.Id, member, label);
        }
    }

    /// <summary>Adds a feedback, counts the votes of its answer and drops the answers with the oldest feedback where the ensemble has too many, unless there is a reason not to.</summary>
    /// <param name="ensemble">The ensemble that gave the answer.</param>
    /// <param name="answer">The answer's id.</param>
    /// <param name="truth">The true label.</param>
    /// <param name="at">When the feedback came.</param>
    /// <param name="mostSettled">Answers with feedback that are kept of an ensemble.</param>
    public FeedbackOutcome Add(string ensemble, string answer, string truth, long at, int mostSettled)
    {
        if (Read(_findAnswer, answer, ensemble) is null)
        {
            return FeedbackOutcome.UnknownAnswer;
        }

        if (Read(_findTruth, answer) is string before)
        {
            return before == truth ? FeedbackOutcome.Repeated : FeedbackOutcome.Contradicting;
        }

        Run(_addFeedback, answer, truth, at);
        Run(_count, ensemble, answer, truth);
        Run(_sum, answer, truth);
        Run(_settle, answer);
        DropOldest(ensemble, mostSettled);
        return FeedbackOutcome.Recorded;
    }

    /// <summary>Takes back every count of an ensemble: what feedback counted stays known while its answer is kept, and is set off against.</summary>
    /// <remarks>Counts the feedback that is kept anew and reads no count that is stored: an older server took numbers whose differences are none.</remarks>
    public void Reset(string ensemble)
    {
        Run(_clear, ensemble);
        Run(_clearImported, ensemble);
        Run(_setOff, ensemble);
        Run(_begin, ensemble);
    }

    /// <summary>Adds counts from another store.</summary>
    public void Import(MemberCount count)
    {
        Run(_import, count.Ensemble, count.Member, count.Right, count.Wrong);
        Run(_importCount, count.Ensemble, count.Member, count.Right, count.Wrong);
    }

    /// <summary>Drops answers without feedback from before a time; gives how many.</summary>
    public int Forget(long before) => Run(_forget, before);

    public void Dispose() => _commands.ForEach(command => command.Dispose());

    /// <summary>A client as the store has it: of one length, whatever a header says.</summary>
    private static string NameOf(string client) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(client)))[..32];

    /// <summary>Drops answers with feedback beyond a bound. What they counted stays, as counts that no feedback in the store accounts for.</summary>
    private void DropOldest(string ensemble, int mostSettled)
    {
        for (int dropped = 0; dropped < MostDropped && Read(_findOldest, ensemble, mostSettled) is string answer; dropped++)
        {
            Run(_keepCounts, ensemble, answer);
            Run(_dropFeedback, answer);
            Run(_drop, answer);
        }
    }

    private SqliteCommand Prepare(string statement, int parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
#pragma warning disable CA2100 // The statements are those above.
        command.CommandText = statement;
#pragma warning restore CA2100
        for (int i = 0; i < parameters; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        }

        _commands.Add(command);
        return command;
    }

    private static int Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        Bind(command, values);
        return command.ExecuteNonQuery();
    }

    private static object? Read(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        Bind(command, values);
        return command.ExecuteScalar();
    }

    private static void Bind(SqliteCommand command, ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }
    }
}
